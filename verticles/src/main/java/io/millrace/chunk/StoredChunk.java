package io.millrace.chunk;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A chunk as it is stored.
 *
 * @param overlap characters (code points) at its beginning that belong to the chunk before
 * @param supplied the extraction that the sender brought for this chunk, as JSON
 */
record StoredChunk(
        UUID chunkId, int overlap, String content, @Nullable String supplied) {

    /** Of heap, about: a byte a character. */
    int bytes() {
        return content.length() + (supplied == null ? 0 : supplied.length());
    }
}
