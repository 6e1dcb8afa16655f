package io.millrace.ingest;

import org.jspecify.annotations.Nullable;

/** An entity that the sender has already extracted from the document. Confidence is 0 to 100. */
public record SuppliedEntity(
        String name,
        String type,
        @Nullable String description,
        @Nullable Double confidence) {}
