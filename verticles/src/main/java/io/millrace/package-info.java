/**
 * Entry and configuration. {@link io.millrace.Main} starts the command line; {@link io.millrace.Config} holds every
 * setting. Nothing below this package looks up into it except for the settings records it is handed.
 */
@NullMarked
package io.millrace;

import org.jspecify.annotations.NullMarked;
