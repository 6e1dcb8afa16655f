package io.millrace.chunk;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.UUID;

/**
 * The current version of a document.
 *
 * @param version offset of its record in its partition
 * @param failed whether its job has failed: such a version never makes the same content a repetition
 */
record DocumentVersion(
        UUID documentId, long version, Buffer fingerprint, UUID jobId, List<UUID> chunkIds, boolean failed) {

    DocumentVersion {
        chunkIds = List.copyOf(chunkIds);
    }
}
