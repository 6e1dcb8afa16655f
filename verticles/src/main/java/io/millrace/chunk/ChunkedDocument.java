package io.millrace.chunk;

import io.millrace.ingest.Document;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A new version of a document, cut into chunks. */
record ChunkedDocument(
        DocumentVersion version,
        Document document,
        @Nullable String title,
        Instant at,
        List<StoredChunk> chunks) {}
