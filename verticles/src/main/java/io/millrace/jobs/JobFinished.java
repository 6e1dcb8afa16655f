package io.millrace.jobs;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A job has ended, completed or failed; published on the event bus after the commit that says so. */
public record JobFinished(
        UUID id,
        String workspace,
        String sourceUri,
        String status,
        @Nullable String errorMessage,
        @Nullable Integer chunksTotal,
        Instant completedAt) {

    public static final String ADDRESS = "millrace.job-finished";
}
