package io.millrace.cli;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A job as the server shows it; times are texts of ISO 8601, absent ones null. */
record JobStatus(
        UUID id,
        @Nullable String workspace,
        @Nullable String jobType,
        String status,
        @Nullable String sourceUri,
        @Nullable String documentId,
        @Nullable Integer chunksTotal,
        int chunksProcessed,
        @Nullable String createdAt,
        @Nullable String startedAt,
        @Nullable String completedAt,
        @Nullable String errorMessage) {

    boolean completed() {
        return "completed".equals(status);
    }

    boolean failed() {
        return "failed".equals(status);
    }

    boolean ended() {
        return completed() || failed();
    }

    long chunks() {
        return chunksTotal == null ? 0 : chunksTotal;
    }

    String chunksText() {
        return chunksTotal == null ? "-" : Format.count(chunksProcessed) + " of " + Format.count(chunksTotal);
    }

    String errorText() {
        return errorMessage == null ? "" : Printable.text(errorMessage);
    }
}
