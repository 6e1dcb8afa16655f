package io.millrace.ingest;

import org.jspecify.annotations.Nullable;

/**
 * A relationship that the sender has already extracted from the document. Source and target are names of entities, which
 * need not be among those that the document brings. Confidence is 0 to 100.
 */
public record SuppliedRelationship(
        String source,
        String target,
        String type,
        @Nullable String description,
        @Nullable Double confidence) {}
