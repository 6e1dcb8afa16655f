package io.millrace.chunk;

import static io.millrace.pg.Columns.buffers;
import static io.millrace.pg.Columns.ints;
import static io.millrace.pg.Columns.longs;
import static io.millrace.pg.Columns.texts;
import static io.millrace.pg.Columns.times;
import static io.millrace.pg.Columns.uuids;
import static io.vertx.core.Future.await;

import io.millrace.stream.Write;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Rows of {@code jobs.documents}, {@code jobs.document_versions} and {@code jobs.chunks}. */
final class ChunkStore {

    private ChunkStore() {}

    private static final String LOAD_VERSIONS = """
            select d.document_id, d.version, d.fingerprint, d.job_id, d.chunk_ids, coalesce(j.status = 'failed', false)
            from jobs.documents d
            left join jobs.job_status j on j.id = d.job_id
            where d.document_id = any ($1)
            """;

    static Map<UUID, DocumentVersion> loadVersions(SqlClient database, Collection<UUID> documentIds) {
        var versions = new HashMap<UUID, DocumentVersion>();
        var parameters = Tuple.of((Object) documentIds.toArray(UUID[]::new));
        for (var row : await(database.preparedQuery(LOAD_VERSIONS).execute(parameters))) {
            versions.put(
                    row.getUUID(0),
                    new DocumentVersion(
                            row.getUUID(0),
                            row.getLong(1),
                            row.getBuffer(2),
                            row.getUUID(3),
                            List.of(row.getArrayOfUUIDs(4)),
                            row.getBoolean(5)));
        }
        return versions;
    }

    static List<Write> save(List<ChunkedDocument> documents) {
        if (documents.isEmpty()) {
            return List.of();
        }
        var newest = new LinkedHashMap<UUID, ChunkedDocument>();
        documents.forEach(document -> newest.put(document.version().documentId(), document));
        return List.of(
                upsertDocuments(List.copyOf(newest.values())), insertVersions(documents), insertChunks(documents));
    }

    /** Ids come as text, comma between them: an array of arrays of different lengths is no array in SQL. */
    private static final String UPSERT_DOCUMENTS = """
            insert into jobs.documents (
              document_id, workspace, source_uri, version, fingerprint, content_type, title, job_id, chunk_ids, created_at, updated_at)
            select n.document_id, n.workspace, n.source_uri, n.version, n.fingerprint, n.content_type, n.title, n.job_id,
              string_to_array(n.chunk_ids, ',')::uuid[], n.at, n.at
            from unnest(
              $1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::text[], $7::text[], $8::uuid[], $9::text[],
              $10::timestamptz[])
              n (document_id, workspace, source_uri, version, fingerprint, content_type, title, job_id, chunk_ids, at)
            order by n.document_id
            on conflict (document_id) do update
            set version = excluded.version, fingerprint = excluded.fingerprint, content_type = excluded.content_type,
                title = excluded.title, job_id = excluded.job_id, chunk_ids = excluded.chunk_ids,
                updated_at = excluded.updated_at
            """;

    private static Write upsertDocuments(List<ChunkedDocument> rows) {
        return Write.rows(
                UPSERT_DOCUMENTS,
                Tuple.tuple(List.<Object>of(
                        uuids(rows, row -> row.version().documentId()),
                        texts(rows, row -> row.document().workspace()),
                        texts(rows, row -> row.document().sourceUri()),
                        longs(rows, row -> row.version().version()),
                        buffers(rows, row -> row.version().fingerprint()),
                        texts(rows, row -> row.document().contentType().mediaType()),
                        texts(rows, ChunkedDocument::title),
                        uuids(rows, row -> row.version().jobId()),
                        texts(rows, row -> joined(row.version().chunkIds())),
                        times(rows, row -> row.at()))));
    }

    /** Also of those that were replaced within the batch: each was a version. */
    private static final String INSERT_VERSIONS = """
            insert into jobs.document_versions (document_id, version, job_id, content_type, chunks, created_at)
            select *
            from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::int[], $6::timestamptz[])
            on conflict (document_id, version) do nothing
            """;

    private static Write insertVersions(List<ChunkedDocument> rows) {
        return Write.rows(
                INSERT_VERSIONS,
                Tuple.of(
                        uuids(rows, row -> row.version().documentId()),
                        longs(rows, row -> row.version().version()),
                        uuids(rows, row -> row.version().jobId()),
                        texts(rows, row -> row.document().contentType().mediaType()),
                        ints(rows, row -> row.chunks().size()),
                        times(rows, row -> row.at())));
    }

    private static String joined(List<UUID> ids) {
        return String.join(",", ids.stream().map(UUID::toString).toList());
    }

    private static final String INSERT_CHUNKS = """
            insert into jobs.chunks (chunk_id, document_id, job_id, overlap, content, supplied, created_at)
            select *
            from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::timestamptz[])
            on conflict (chunk_id) do nothing
            """;

    private static Write insertChunks(List<ChunkedDocument> documents) {
        var rows = new ArrayList<Map.Entry<ChunkedDocument, StoredChunk>>();
        documents.forEach(document -> document.chunks().forEach(chunk -> rows.add(Map.entry(document, chunk))));
        return Write.rows(
                INSERT_CHUNKS,
                Tuple.tuple(List.<Object>of(
                        uuids(rows, row -> row.getValue().chunkId()),
                        uuids(rows, row -> row.getKey().version().documentId()),
                        uuids(rows, row -> row.getKey().version().jobId()),
                        ints(rows, row -> row.getValue().overlap()),
                        texts(rows, row -> row.getValue().content()),
                        texts(rows, row -> row.getValue().supplied()),
                        times(rows, row -> row.getKey().at()))));
    }
}
