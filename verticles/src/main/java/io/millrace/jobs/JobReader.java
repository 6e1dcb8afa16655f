package io.millrace.jobs;

import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Lists of jobs, newest first, a page behind the last one. A statement for each filter that an index serves: one statement
 * for all of them would be planned once for the average job, and walk millions of completed ones to find the failed.
 */
public final class JobReader {

    private final Database database;

    public JobReader(Database database) {
        this.database = database;
    }

    /** Which jobs; null where it does not matter. */
    public record Filter(
            String workspace,
            @Nullable String status,
            @Nullable String jobType,
            @Nullable UUID documentId,
            Instant from,
            Instant to) {}

    /** Where a page ends: everything listed is before it. */
    public record Position(Instant createdAt, UUID id) {

        /** Behind every job. */
        public static Position newest(Instant to) {
            return new Position(to, new UUID(-1, -1));
        }
    }

    private static final String LIST = """
            select id, workspace, job_type, status, source_uri, document_id, chunks_total, chunks_processed, follows, created_at,
              started_at, completed_at, metadata_text, error_message
            from jobs.job_status
            where workspace = $1
              and created_at >= $2 and created_at < $3 and (created_at, id) < ($4, $5)
            order by created_at desc, id desc
            limit $6
            """;

    private static final String LIST_OF_STATUS = """
            select id, workspace, job_type, status, source_uri, document_id, chunks_total, chunks_processed, follows, created_at,
              started_at, completed_at, metadata_text, error_message
            from jobs.job_status
            where workspace = $1
              and created_at >= $2 and created_at < $3 and (created_at, id) < ($4, $5)
              and status = $7 and ($8::text is null or job_type = $8)
            order by created_at desc, id desc
            limit $6
            """;

    private static final String LIST_OF_TYPE = """
            select id, workspace, job_type, status, source_uri, document_id, chunks_total, chunks_processed, follows, created_at,
              started_at, completed_at, metadata_text, error_message
            from jobs.job_status
            where workspace = $1
              and created_at >= $2 and created_at < $3 and (created_at, id) < ($4, $5)
              and job_type = $7
            order by created_at desc, id desc
            limit $6
            """;

    private static final String LIST_OF_DOCUMENT = """
            select id, workspace, job_type, status, source_uri, document_id, chunks_total, chunks_processed, follows, created_at,
              started_at, completed_at, metadata_text, error_message
            from jobs.job_status
            where workspace = $1
              and created_at >= $2 and created_at < $3 and (created_at, id) < ($4, $5)
              and document_id = $7 and ($8::text is null or status = $8) and ($9::text is null or job_type = $9)
            order by created_at desc, id desc
            limit $6
            """;

    /** At most {@code limit} jobs before a position. */
    public Future<List<Job>> list(Filter filter, Position before, int limit) {
        if (filter.documentId() != null) {
            return list(
                    LIST_OF_DOCUMENT,
                    parameters(filter, before, limit)
                            .addValue(filter.documentId())
                            .addValue(filter.status())
                            .addValue(filter.jobType()));
        }
        if (filter.status() != null) {
            return list(
                    LIST_OF_STATUS,
                    parameters(filter, before, limit).addValue(filter.status()).addValue(filter.jobType()));
        }
        return filter.jobType() != null
                ? list(LIST_OF_TYPE, parameters(filter, before, limit).addValue(filter.jobType()))
                : list(LIST, parameters(filter, before, limit));
    }

    private static Tuple parameters(Filter filter, Position before, int limit) {
        return Tuple.of(
                filter.workspace(), utc(filter.from()), utc(filter.to()), utc(before.createdAt()), before.id(), limit);
    }

    private static OffsetDateTime utc(Instant instant) {
        return OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
    }

    private Future<List<Job>> list(String sql, Tuple parameters) {
        return database.list(sql, parameters, row -> JobStore.job(row));
    }
}
