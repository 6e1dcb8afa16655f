package io.millrace.chunk;

import io.millrace.ingest.Document;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A new version of a document, cut into chunks.
 *
 * @param afterFailure whether the version before has failed, so that what its chunks sent on may have been lost
 */
record ChunkedDocument(
        DocumentVersion version,
        Document document,
        @Nullable String title,
        Instant at,
        boolean afterFailure,
        List<StoredChunk> chunks) {}
