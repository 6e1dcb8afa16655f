package io.millrace.jobs;

import io.millrace.stream.Write;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.UUID;

/** A fact about jobs that a stage's commit leaves behind for the sweep, one row a commit. */
public final class ProgressFact {

    private ProgressFact() {}

    private static final String CHUNKED = """
            insert into jobs.progress (kind, job_ids, counts)
            values ('chunked', $1, $2)
            """;

    /** Documents were cut: so many chunks of each job are on their way, and so many were there already. */
    public static Write chunked(List<UUID> jobIds, List<Integer> chunks) {
        return Write.rows(CHUNKED, Tuple.of(jobIds.toArray(UUID[]::new), (Object) chunks.toArray(Integer[]::new)));
    }

    private static final String REPEATED = """
            insert into jobs.progress (kind, job_ids, follows)
            values ('repeated', $1, $2)
            """;

    /** Jobs brought content that others had brought before. */
    public static Write repeated(List<UUID> jobIds, List<UUID> follows) {
        return Write.rows(REPEATED, Tuple.of(jobIds.toArray(UUID[]::new), (Object) follows.toArray(UUID[]::new)));
    }

    private static final String EXTRACTED = """
            insert into jobs.progress (kind, job_ids, counts, ends)
            values ('extracted', $1, $2, $3)
            """;

    /**
     * Chunks were extracted, and count as done once the graph has read the mentions.
     *
     * @param ends where each partition of {@code mentions} must be read to, 0 where nothing was appended
     */
    public static Write extracted(List<UUID> jobIds, List<Integer> chunks, Long[] ends) {
        return new Write(EXTRACTED, Tuple.of(jobIds.toArray(UUID[]::new), chunks.toArray(Integer[]::new), ends));
    }

    private static final String EXTRACTED_BEFORE = """
            insert into jobs.progress (kind, job_ids, counts, ends)
            select 'extracted', $1, $2, array_agg(stream.end_offset(p.topic_id, p.partition_id) order by p.partition_id)
            from stream.topics t
            join stream.partitions p on p.topic_id = t.topic_id
            where t.name = $3
            """;

    /** Chunks had been extracted before, whose mentions are somewhere before the end of the log. */
    public static Write extractedBefore(List<UUID> jobIds, List<Integer> chunks, String mentionsTopic) {
        return new Write(
                EXTRACTED_BEFORE, Tuple.of(jobIds.toArray(UUID[]::new), chunks.toArray(Integer[]::new), mentionsTopic));
    }

    private static final String FAILED = """
            insert into jobs.progress (kind, job_ids, errors)
            values ('failed', $1, $2)
            """;

    /** A job cannot be completed: a record of it went to a dead-letter topic. */
    public static Write failed(UUID jobId, String reason) {
        return new Write(FAILED, Tuple.of(new UUID[] {jobId}, (Object) new String[] {storable(reason)}));
    }

    private static final String FAILED_CHUNK = """
            insert into jobs.progress (kind, job_ids, errors)
            select 'failed', array_agg(j.id), array_agg($2::text)
            from jobs.chunks c
            join jobs.documents d on d.document_id = c.document_id
            join jobs.job_status j on j.id in (c.job_id, d.job_id)
            where c.chunk_id = $1
            having count(*) > 0
            """;

    /** The same, for the jobs that a chunk belongs to. */
    public static Write failedChunk(UUID chunkId, String reason) {
        return new Write(FAILED_CHUNK, Tuple.of(chunkId, storable(reason)));
    }

    /** A reason may quote what it is about, and PostgreSQL has no NUL in text. */
    private static String storable(String reason) {
        return reason.replace('\0', '\uFFFD');
    }
}
