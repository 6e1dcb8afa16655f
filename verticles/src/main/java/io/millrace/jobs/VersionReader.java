package io.millrace.jobs;

import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads documents and the versions that they have had. */
public final class VersionReader {

    private final Database database;

    public VersionReader(Database database) {
        this.database = database;
    }

    /** The current version of a document; {@code version} is the offset of its record in its partition. */
    public record CurrentVersion(
            long version,
            UUID jobId,
            String contentType,
            @Nullable String title,
            int chunks,
            Instant createdAt,
            Instant updatedAt) {}

    /** A version of a document; null of its job where that is not there any more. */
    public record Version(
            long version,
            UUID jobId,
            @Nullable String status,
            @Nullable String errorMessage,
            String contentType,
            int chunks,
            @Nullable Integer chunksProcessed,
            Instant createdAt,
            @Nullable Instant completedAt,
            int sizeBytes) {}

    /** A job that the chunk stage has not come to, so that it is unknown whether it makes a version. */
    public record WaitingJob(UUID jobId, Instant createdAt) {}

    private static final String CURRENT = """
            select version, job_id, content_type, title, cardinality(chunk_ids), created_at, updated_at
            from jobs.documents
            where document_id = $1
            """;

    /** At most one. */
    public Future<List<CurrentVersion>> current(UUID documentId) {
        return database.list(
                CURRENT,
                Tuple.of(documentId),
                row -> new CurrentVersion(
                        row.getLong(0),
                        row.getUUID(1),
                        row.getString(2),
                        row.getString(3),
                        row.getInteger(4),
                        row.getOffsetDateTime(5).toInstant(),
                        row.getOffsetDateTime(6).toInstant()));
    }

    private static final String VERSIONS = """
            select v.version, v.job_id, j.status, j.error_message, v.content_type, v.chunks, j.chunks_processed, v.created_at, j.completed_at,
              coalesce(j.size_bytes, 0)
            from jobs.document_versions v
            left join jobs.job_status j on j.id = v.job_id
            where v.document_id = $1 and v.version <= $2
            order by v.version desc
            limit $3
            """;

    /** Versions up to {@code newest}, newest first. */
    public Future<List<Version>> versions(UUID documentId, long newest, int limit) {
        return database.list(
                VERSIONS,
                Tuple.of(documentId, newest, limit),
                row -> new Version(
                        row.getLong(0),
                        row.getUUID(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getInteger(5),
                        row.getInteger(6),
                        row.getOffsetDateTime(7).toInstant(),
                        instant(row.getOffsetDateTime(8)),
                        row.getInteger(9)));
    }

    private static @Nullable Instant instant(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }

    /** Looks at the newest jobs only: a document may have been posted again a hundred thousand times. */
    private static final String WAITING = """
            select j.id, j.created_at
            from (
              select s.id, s.created_at, s.completed_at, s.follows, s.document_id
              from jobs.job_status s
              where s.document_id = $1
              order by s.created_at desc, s.id desc
              limit $2
            ) j
            where j.completed_at is null and j.follows is null
              and not exists (select from jobs.document_versions v where v.document_id = j.document_id and v.job_id = j.id)
            order by j.created_at desc, j.id desc
            """;

    /** Those of a document's {@code newest} jobs that still wait, newest first. */
    public Future<List<WaitingJob>> waiting(UUID documentId, int newest) {
        return database.list(
                WAITING,
                Tuple.of(documentId, newest),
                row -> new WaitingJob(row.getUUID(0), row.getOffsetDateTime(1).toInstant()));
    }

    private static final String TEXT = """
            select string_agg(substring(c.content from c.overlap + 1), '' order by u.position)
            from jobs.documents d
            cross join lateral unnest(d.chunk_ids) with ordinality u (chunk_id, position)
            join jobs.chunks c on c.chunk_id = u.chunk_id
            where d.document_id = $1 and d.version = $2
            """;

    /** The text of a document's chunks, put together, while the version is current; else null. */
    public Future<@Nullable String> text(UUID documentId, long version) {
        return database.list(TEXT, Tuple.of(documentId, version), row -> row)
                .map(rows -> rows.getFirst().getString(0));
    }
}
