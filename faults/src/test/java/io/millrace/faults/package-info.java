/** Tests of the harness itself: each violation is planted and must be found, and each link must break where it says. */
@NullMarked
package io.millrace.faults;

import org.jspecify.annotations.NullMarked;
