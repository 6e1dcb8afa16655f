package io.millrace.ingest;

import java.util.UUID;

/** A document on its way in, under the job id that was minted for it. */
public record Submission(UUID jobId, Document document) {}
