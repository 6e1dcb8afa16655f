package io.millrace.jobs;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A posted document on its way: as a row of {@code jobs.job_status}. */
public record Job(
        UUID id,
        String workspace,
        String jobType,
        String status,
        String sourceUri,
        UUID documentId,
        @Nullable Integer chunksTotal,
        int chunksProcessed,
        @Nullable UUID follows,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant completedAt,
        @Nullable String metadata,
        @Nullable String errorMessage) {

    /** What {@code status} can be. */
    public static final List<String> STATUSES = List.of("queued", "processing", "completed", "failed");
}
