package io.millrace.chunk;

import java.util.List;
import java.util.UUID;

/**
 * The current version of a document.
 *
 * @param version offset of its record in topic {@code documents}
 * @param failed whether its job has failed: such a version never makes the same content a repetition
 */
record DocumentVersion(
        UUID documentId, long version, byte[] fingerprint, UUID jobId, List<UUID> chunkIds, boolean failed) {

    DocumentVersion {
        chunkIds = List.copyOf(chunkIds);
    }
}
