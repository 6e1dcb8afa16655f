/**
 * From text to entities and relationships: the third stage, between {@code [chunks]} and {@code [mentions]}. {@link
 * io.millrace.extract.Extractor} is the interface; {@link io.millrace.extract.LocalExtractor} is the offline default.
 *
 * <p>A passage's answer depends on its text, its title and the extractor's {@code configuration()} alone. Those are the
 * key of the extraction cache, whose rows are written once, so that a retry or a replay never differs; {@link
 * io.millrace.extract.ExtractionJson} gives the bytes that the cache keeps.
 */
@NullMarked
package io.millrace.extract;

import org.jspecify.annotations.NullMarked;
