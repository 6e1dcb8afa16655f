package io.millrace.jobs;

import static io.millrace.pg.Columns.buffers;
import static io.millrace.pg.Columns.texts;
import static io.millrace.pg.Columns.uuids;

import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Rows of {@code jobs.job_status}. */
public final class JobStore {

    private final Database database;

    public JobStore(Database database) {
        this.database = database;
    }

    /** A job that is about to be accepted. */
    public record NewJob(
            UUID id,
            String workspace,
            String jobType,
            String sourceUri,
            UUID documentId,
            Buffer fingerprint,
            @Nullable String metadata,
            @Nullable Buffer requestFingerprint,
            int sizeBytes) {

        /** As the first of a request that came with an idempotency key. */
        public NewJob withRequestFingerprint(Buffer request) {
            return new NewJob(id, workspace, jobType, sourceUri, documentId, fingerprint, metadata, request, sizeBytes);
        }
    }

    private static final String INSERT = """
            insert into jobs.job_status (
              id, workspace, job_type, source_uri, document_id, fingerprint, metadata, metadata_text, request_fingerprint, size_bytes)
            select n.id, n.workspace, n.job_type, n.source_uri, n.document_id, n.fingerprint, coalesce(n.metadata::jsonb, '{}'),
              n.metadata, n.request_fingerprint, n.size_bytes
            from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::bytea[], $7::text[], $8::bytea[], $9::int[])
              n (id, workspace, job_type, source_uri, document_id, fingerprint, metadata, request_fingerprint, size_bytes)
            order by n.id
            on conflict (id) do nothing
            returning id
            """;

    /** Inserts jobs within the caller's transaction; gives the ids of those that were not there before. */
    public static Future<Set<UUID>> insert(SqlClient connection, List<NewJob> jobs) {
        var parameters = Tuple.tuple(List.<Object>of(
                uuids(jobs, NewJob::id),
                texts(jobs, NewJob::workspace),
                texts(jobs, NewJob::jobType),
                texts(jobs, NewJob::sourceUri),
                uuids(jobs, NewJob::documentId),
                buffers(jobs, NewJob::fingerprint),
                texts(jobs, NewJob::metadata),
                buffers(jobs, NewJob::requestFingerprint),
                jobs.stream().map(NewJob::sizeBytes).toArray(Integer[]::new)));
        return connection.preparedQuery(INSERT).execute(parameters).map(rows -> {
            var inserted = new HashSet<UUID>();
            rows.forEach(row -> inserted.add(row.getUUID(0)));
            return inserted;
        });
    }

    private static final String REQUEST_FINGERPRINTS = """
            select id, request_fingerprint
            from jobs.job_status
            where id = any ($1)
            """;

    /** What was stored beside those of the jobs that are there, which are the first of requests with a key. */
    public static Future<Map<UUID, Buffer>> requestFingerprints(SqlClient connection, Collection<UUID> ids) {
        return connection
                .preparedQuery(REQUEST_FINGERPRINTS)
                .execute(Tuple.of((Object) ids.toArray(UUID[]::new)))
                .map(rows -> {
                    var fingerprints = new HashMap<UUID, Buffer>();
                    rows.forEach(row -> fingerprints.put(row.getUUID(0), row.getBuffer(1)));
                    return fingerprints;
                });
    }

    /** Jobs of a workspace that have not ended, the bytes of their documents, and how many have ended since ever. */
    public record OpenJobs(String workspace, long jobs, long bytes, long ended) {}

    private static final String OPEN = """
            select o.workspace, o.jobs, o.bytes, (
              select coalesce(sum(t.value), 0)::bigint
              from jobs.totals t
              where t.workspace = o.workspace and t.name in ('jobs_completed', 'jobs_failed'))
            from (
              select j.workspace, count(*) as jobs, sum(j.size_bytes) as bytes
              from jobs.job_status j
              where j.completed_at is null
              group by j.workspace) o
            """;

    /** What each workspace has under way; those without are left out. Walks all open jobs, in an index of only these. */
    public Future<List<OpenJobs>> open() {
        return database.list(
                OPEN,
                Tuple.tuple(),
                row -> new OpenJobs(row.getString(0), row.getLong(1), row.getLong(2), row.getLong(3)));
    }

    private static final String ENDED = """
            select id
            from jobs.job_status
            where id = any ($1) and completed_at is not null
            """;

    /** Those of the jobs that have ended. */
    public Future<List<UUID>> ended(Collection<UUID> ids) {
        return database.list(ENDED, Tuple.of((Object) ids.toArray(UUID[]::new)), row -> row.getUUID(0));
    }

    private static final String SELECT = """
            select id, workspace, job_type, status, source_uri, document_id, chunks_total, chunks_processed, follows, created_at,
              started_at, completed_at, metadata_text, error_message
            from jobs.job_status
            """;

    private static final String FIND = SELECT + """
            where id = any ($1) and workspace = $2
            order by created_at, id
            """;

    /** The jobs of those ids that are there, oldest first. */
    public Future<List<Job>> find(String workspace, Collection<UUID> ids) {
        return database.list(FIND, Tuple.of(ids.toArray(UUID[]::new), workspace), row -> job(row));
    }

    private static final String FIND_IN_ALL = SELECT + """
            where id = any ($1)
            """;

    /** The jobs of those ids that are there, of whatever workspace: for who made them, not for who asks. */
    public Future<Map<UUID, Job>> findInAll(Collection<UUID> ids) {
        return database.list(FIND_IN_ALL, Tuple.of((Object) ids.toArray(UUID[]::new)), row -> job(row))
                .map(jobs -> jobs.stream().collect(Collectors.toMap(Job::id, Function.identity())));
    }

    static Job job(Row row) {
        return new Job(
                row.getUUID(0),
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getUUID(5),
                row.getInteger(6),
                row.getInteger(7),
                row.getUUID(8),
                row.getOffsetDateTime(9).toInstant(),
                instant(row.getOffsetDateTime(10)),
                instant(row.getOffsetDateTime(11)),
                row.getString(12),
                row.getString(13));
    }

    private static @Nullable Instant instant(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }
}
