package io.millrace.jobs;

import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.UUID;

/**
 * Opens the job of a dead-lettered document again, so that its re-drive is followed as the first try was. Done within
 * the caller's transaction, which holds the document's partition: what is not seen there cannot come before the re-drive.
 */
public final class ReopenStore {

    private ReopenStore() {}

    private static final String LOCK = """
            select pg_advisory_xact_lock(hashtextextended('jobs.sweep', 0))
            """;

    /** Keeps the sweep away, which alone updates jobs otherwise; call it first. */
    public static Future<Void> lock(SqlConnection connection) {
        return connection.preparedQuery(LOCK).execute().mapEmpty();
    }

    /** What stands against a re-drive. */
    public enum Verdict {
        CLEAR,
        /** A newer version of the document is there or on its way: the old one would take its place. */
        SUPERSEDED,
        /** The sweep has not yet read that the job failed, and would end the re-drive with it. */
        NOT_FAILED_YET
    }

    private static final String CHECK = """
            select
              exists (select from jobs.documents d where d.document_id = $1 and d.version > $2)
                or exists (
                  select from jobs.job_status j
                  where j.document_id = $1 and j.id <> $3 and j.completed_at is null and j.follows is null),
              exists (select from jobs.job_status j where j.id = $3 and j.completed_at is null)
            """;

    /**
     * Looks for what stands against a re-drive.
     *
     * @param version the offset at which the document was read when it failed
     */
    public static Future<Verdict> check(SqlConnection connection, UUID documentId, long version, UUID jobId) {
        return connection
                .preparedQuery(CHECK)
                .execute(Tuple.of(documentId, version, jobId))
                .map(rows -> {
                    var row = rows.iterator().next();
                    if (row.getBoolean(0)) {
                        return Verdict.SUPERSEDED;
                    }
                    return row.getBoolean(1) ? Verdict.NOT_FAILED_YET : Verdict.CLEAR;
                });
    }

    private static final String REOPEN = """
            with reopened as (
              update jobs.job_status
              set status = 'queued', started_at = null, completed_at = null, error_message = null, chunks_total = null, chunks_processed = 0
              where id = $1 and status = 'failed'
              returning workspace
            )
            update jobs.totals t
            set value = t.value - 1
            from reopened r
            where t.workspace = r.workspace and t.name = 'jobs_failed'
            """;

    /** Nothing, for a job that has not failed or is not there. */
    public static Future<Void> reopen(SqlConnection connection, UUID jobId) {
        return connection.preparedQuery(REOPEN).execute(Tuple.of(jobId)).mapEmpty();
    }
}
