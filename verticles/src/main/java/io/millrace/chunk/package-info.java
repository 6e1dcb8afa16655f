/**
 * The chunk stage: turns documents into chunks, and alone decides which version of a document counts.
 *
 * <p>Reads {@code [documents]}, appends to {@code [chunks]}. The pure side: {@link io.millrace.chunk.PlainText} makes text of
 * what the crawler sent, {@link io.millrace.chunk.Chunker} cuts it. Invariants: the own spans of a document's chunks put
 * together are its text, byte for byte; no chunk has more tokens than configured; a border depends on the text near it,
 * so that an edit leaves the chunks further away as they were.
 */
@NullMarked
package io.millrace.chunk;

import org.jspecify.annotations.NullMarked;
