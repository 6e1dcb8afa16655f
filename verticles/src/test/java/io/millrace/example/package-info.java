/**
 * What a user of the stream processor writes: a processor of their own, as shown in the README of
 * {@code io.millrace.stream}. Uses nothing but that package's public types.
 */
@NullMarked
package io.millrace.example;

import org.jspecify.annotations.NullMarked;
