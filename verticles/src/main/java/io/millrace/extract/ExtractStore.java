package io.millrace.extract;

import static io.millrace.pg.Columns.ints;
import static io.millrace.pg.Columns.texts;
import static io.millrace.pg.Columns.uuids;
import static io.vertx.core.Future.await;

import io.millrace.stream.Write;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rows of the extraction cache, and of what each chunk sent on. */
final class ExtractStore {

    private ExtractStore() {}

    /**
     * A chunk as the chunk stage stored it.
     *
     * @param extracted whether it was sent on before
     * @param extractionKey of the extraction that was sent on then; null when that was what the sender supplied
     */
    record ChunkText(
            String content,
            int overlap,
            @Nullable String supplied,
            boolean extracted,
            @Nullable UUID extractionKey) {

        /** Where the chunk's own part begins, in UTF-16 units. */
        int ownStart() {
            return content.offsetByCodePoints(0, overlap);
        }
    }

    private static final String LOAD_CHUNKS = """
            select c.chunk_id, c.content, c.overlap, c.supplied, x.chunk_id is not null, x.extraction_key
            from jobs.chunks c
            left join lightrag.chunk_extractions x on x.chunk_id = c.chunk_id
            where c.chunk_id = any ($1)
            """;

    static Map<UUID, ChunkText> loadChunks(SqlClient database, Collection<UUID> ids) {
        var chunks = new HashMap<UUID, ChunkText>();
        var parameters = Tuple.of((Object) ids.toArray(UUID[]::new));
        for (var row : await(database.preparedQuery(LOAD_CHUNKS).execute(parameters))) {
            chunks.put(
                    row.getUUID(0),
                    new ChunkText(
                            row.getString(1), row.getInteger(2), row.getString(3), row.getBoolean(4), row.getUUID(5)));
        }
        return chunks;
    }

    private static final String LOAD_EXTRACTIONS = """
            select extraction_key, result
            from lightrag.extractions
            where extraction_key = any ($1)
            """;

    static Map<UUID, Extraction> loadExtractions(SqlClient database, Collection<UUID> keys) {
        if (keys.isEmpty()) {
            return Map.of();
        }
        var extractions = new HashMap<UUID, Extraction>();
        var parameters = Tuple.of((Object) keys.toArray(UUID[]::new));
        for (var row : await(database.preparedQuery(LOAD_EXTRACTIONS).execute(parameters))) {
            extractions.put(row.getUUID(0), ExtractionJson.read(row.getString(1)));
        }
        return extractions;
    }

    private static final String INSERT_EXTRACTIONS = """
            insert into lightrag.extractions (extraction_key, configuration, result)
            select n.extraction_key, n.configuration, n.result
            from unnest($1::uuid[], $2::text[], $3::text[]) n (extraction_key, configuration, result)
            order by n.extraction_key
            on conflict (extraction_key) do nothing
            """;

    static Write insertExtractions(String configuration, Map<UUID, Extraction> extractions) {
        var rows = List.copyOf(extractions.entrySet());
        return Write.rows(
                INSERT_EXTRACTIONS,
                Tuple.of(
                        uuids(rows, Map.Entry::getKey),
                        texts(rows, row -> configuration),
                        texts(rows, row -> ExtractionJson.write(row.getValue()))));
    }

    /** A chunk that is sent on now. */
    record Emitted(UUID chunkId, @Nullable UUID extractionKey, int entities, int relationships) {}

    private static final String INSERT_EMITTED = """
            insert into lightrag.chunk_extractions (chunk_id, extraction_key, entities, relationships)
            select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[])
            """;

    static Write insertEmitted(List<Emitted> rows) {
        return Write.rows(
                INSERT_EMITTED,
                Tuple.of(
                        uuids(rows, Emitted::chunkId),
                        uuids(rows, Emitted::extractionKey),
                        ints(rows, Emitted::entities),
                        ints(rows, Emitted::relationships)));
    }
}
