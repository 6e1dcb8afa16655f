package io.millrace.jobs;

import io.millrace.pg.Database;
import io.millrace.pg.SqlStates;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What came of a job: the chunks of its document. */
public final class ResultReader {

    private final Database database;

    public ResultReader(Database database) {
        this.database = database;
    }

    /**
     * A job as its results are found.
     *
     * @param broughtBy the job that brought the content: itself, or the one that it repeats
     * @param current whether that is the document's version now
     */
    public record Subject(UUID jobId, UUID documentId, String sourceUri, UUID broughtBy, boolean current) {}

    /**
     * A chunk.
     *
     * @param position from 1, in the order of the text; null where only its job is known
     * @param jobId the job that brought it first
     * @param overlap characters that repeat the end of the chunk before
     * @param entitiesExtracted null until extraction has seen it
     */
    public record ChunkResult(
            @Nullable Long position,
            UUID chunkId,
            UUID jobId,
            String content,
            int overlap,
            @Nullable Integer entitiesExtracted,
            @Nullable Integer relationshipsExtracted,
            Instant createdAt) {}

    private static final String FIND = """
            select j.id, j.document_id, j.source_uri, coalesce(j.follows, j.id), d.job_id is not null
            from jobs.job_status j
            left join jobs.documents d on d.document_id = j.document_id and d.job_id = coalesce(j.follows, j.id)
            where j.id = $1 and j.workspace = $2
            """;

    /** Null when there is no such job. */
    public Future<@Nullable Subject> find(String workspace, UUID jobId) {
        return database.pool()
                .preparedQuery(FIND)
                .execute(Tuple.of(jobId, workspace))
                .map(rows -> {
                    if (rows.size() == 0) {
                        return null;
                    }
                    var row = rows.iterator().next();
                    return new Subject(
                            row.getUUID(0), row.getUUID(1), row.getString(2), row.getUUID(3), row.getBoolean(4));
                })
                .recover(thrown -> Future.failedFuture(SqlStates.failure(thrown)));
    }

    private static final String OF_VERSION = """
            select u.position, c.chunk_id, c.job_id, c.content, c.overlap, x.entities, x.relationships, c.created_at
            from jobs.documents d
            cross join lateral unnest(d.chunk_ids) with ordinality u (chunk_id, position)
            join jobs.chunks c on c.chunk_id = u.chunk_id
            left join lightrag.chunk_extractions x on x.chunk_id = c.chunk_id
            where d.document_id = $1 and d.job_id = $2 and u.position > $3
            order by u.position
            limit $4
            """;

    /** All chunks of a version that is current, also those that an earlier version brought, in the order of the text. */
    public Future<List<ChunkResult>> ofVersion(Subject subject, long behind, int limit) {
        return database.list(
                OF_VERSION, Tuple.of(subject.documentId(), subject.broughtBy(), behind, limit), ResultReader::chunk);
    }

    private static final String OF_JOB = """
            select null::bigint, c.chunk_id, c.job_id, c.content, c.overlap, x.entities, x.relationships, c.created_at
            from jobs.chunks c
            left join lightrag.chunk_extractions x on x.chunk_id = c.chunk_id
            where c.job_id = $1 and c.chunk_id > $2
            order by c.chunk_id
            limit $3
            """;

    /** The chunks that a job brought first, by id. */
    public Future<List<ChunkResult>> ofJob(Subject subject, UUID behind, int limit) {
        return database.list(OF_JOB, Tuple.of(subject.broughtBy(), behind, limit), ResultReader::chunk);
    }

    private static ChunkResult chunk(Row row) {
        return new ChunkResult(
                row.getLong(0),
                row.getUUID(1),
                row.getUUID(2),
                row.getString(3),
                row.getInteger(4),
                row.getInteger(5),
                row.getInteger(6),
                row.getOffsetDateTime(7).toInstant());
    }
}
