package io.millrace.rebuild;

import static io.millrace.pg.Columns.ints;
import static io.millrace.pg.Columns.texts;
import static io.millrace.pg.Columns.uuids;

import io.millrace.extract.Mention;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The statements of a rebuild; what is more than one row's business is a function in {@code sql}. */
final class RebuildStore {

    private static final int CHUNKS_A_PAGE = 1_000;

    private RebuildStore() {}

    private static final String TRY_LOCK = """
            select pg_try_advisory_lock(hashtextextended('lightrag.rebuild', 0))
            """;

    /** One rebuild at a time, for as long as the connection lives. */
    static boolean tryLock(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(TRY_LOCK)) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    private static final String UNLOCK = """
            select pg_advisory_unlock(hashtextextended('lightrag.rebuild', 0))
            """;

    static void unlock(Connection connection) throws SQLException {
        execute(connection, UNLOCK);
    }

    private static final String CLEAR = """
            select lightrag.clear_rebuild()
            """;

    static void clear(Connection connection) throws SQLException {
        execute(connection, CLEAR);
    }

    private static final String SETTLE = """
            select
              set_config('work_mem', '64MB', true),
              set_config('jit', 'off', true),
              set_config('statement_timeout', '0', true),
              set_config('idle_in_transaction_session_timeout', '0', true)
            """;

    /** Memory for hashes, and no bound that is meant for a pod's short statements. */
    static void settle(Connection connection) throws SQLException {
        execute(connection, SETTLE);
    }

    private static final String ANALYZE = """
            select lightrag.analyze_rebuild()
            """;

    static void analyze(Connection connection) throws SQLException {
        execute(connection, ANALYZE);
    }

    private static final String ADD_UP = """
            select lightrag.add_up_rebuild()
            """;

    static void addUp(Connection connection) throws SQLException {
        execute(connection, ADD_UP);
    }

    private static final String HOLD = """
            select lightrag.hold_graph()
            """;

    static void hold(Connection connection) throws SQLException {
        execute(connection, HOLD);
    }

    private static final String RELEASE = """
            select lightrag.release_graph()
            """;

    static void release(Connection connection) throws SQLException {
        execute(connection, RELEASE);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static final String MENTION_PARTITIONS = """
            select coalesce((select t.partitions from stream.topics t where t.name = 'mentions'), 1)
            """;

    static int mentionPartitions(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(MENTION_PARTITIONS)) {
            rows.next();
            return rows.getInt(1);
        }
    }

    private static final String LOAD_CHUNKS = """
            select x.chunk_id, d.workspace, c.created_at, left(c.content, c.overlap), e.result, c.supplied,
              x.extraction_key is not null and e.extraction_key is null
            from lightrag.chunk_extractions x
            left join jobs.chunks c on c.chunk_id = x.chunk_id
            left join jobs.documents d on d.document_id = c.document_id
            left join lightrag.extractions e on e.extraction_key = x.extraction_key
            where x.chunk_id > ? and not exists (select from lightrag.rebuilt_chunks r where r.chunk_id = x.chunk_id)
            order by x.chunk_id
            limit ?
            """;

    /** Chunks that were sent on and not yet made again, in the order of their ids. */
    static List<SentChunk> loadChunks(Connection connection, UUID after) throws SQLException {
        try (var statement = connection.prepareStatement(LOAD_CHUNKS)) {
            statement.setObject(1, after);
            statement.setInt(2, CHUNKS_A_PAGE);
            var chunks = new ArrayList<SentChunk>();
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    var chunkId = rows.getObject(1, UUID.class);
                    var workspace = rows.getString(2);
                    if (workspace == null || rows.getBoolean(7)) {
                        throw new RebuildException(
                                "chunk %s was sent on to the graph, but it, its document or its extraction is not stored: see graph verify"
                                        .formatted(chunkId));
                    }
                    chunks.add(new SentChunk(
                            chunkId,
                            workspace,
                            rows.getObject(3, OffsetDateTime.class).toInstant(),
                            rows.getString(4),
                            rows.getString(5),
                            rows.getString(6)));
                }
            }
            return chunks;
        }
    }

    static void insert(Connection connection, RebuiltMentions mentions) throws SQLException {
        insertChunks(connection, mentions.chunks());
        insertEntityMentions(connection, mentions.entities());
        insertRelationshipMentions(connection, mentions.relationships());
        insertTouched(connection, mentions);
    }

    private static final String INSERT_CHUNKS = """
            insert into lightrag.rebuilt_chunks (chunk_id)
            select * from unnest(?::uuid[])
            """;

    private static void insertChunks(Connection connection, List<SentChunk> chunks) throws SQLException {
        update(connection, INSERT_CHUNKS, (Object) uuids(chunks, SentChunk::chunkId));
    }

    private static final String INSERT_ENTITY_MENTIONS = """
            insert into lightrag.rebuilt_entity_mentions (
              entity_id, chunk_id, workspace, partition_id, name, entity_type, description, evidence, occurrences, mentioned_at)
            select * from unnest(
              ?::uuid[], ?::uuid[], ?::text[], ?::int[], ?::text[], ?::text[], ?::text[], ?::int[], ?::int[], ?::timestamptz[])
            """;

    private static void insertEntityMentions(Connection connection, List<RebuiltMentions.Placed<Mention.OfEntity>> rows)
            throws SQLException {
        update(
                connection,
                INSERT_ENTITY_MENTIONS,
                uuids(rows, row -> row.mention().entityId()),
                uuids(rows, row -> row.mention().chunkId()),
                texts(rows, row -> row.mention().workspace()),
                ints(rows, RebuiltMentions.Placed::partition),
                texts(rows, row -> row.mention().name()),
                texts(rows, row -> row.mention().type()),
                texts(rows, row -> row.mention().description()),
                ints(rows, row -> row.mention().evidence()),
                ints(rows, row -> row.mention().occurrences()),
                texts(rows, row -> row.mention().at().toString()));
    }

    private static final String INSERT_RELATIONSHIP_MENTIONS = """
            insert into lightrag.rebuilt_relationship_mentions (
              relationship_id, chunk_id, workspace, partition_id, source_entity_id, target_entity_id, relationship_type, description, evidence,
              mentioned_at)
            select * from unnest(
              ?::uuid[], ?::uuid[], ?::text[], ?::int[], ?::uuid[], ?::uuid[], ?::text[], ?::text[], ?::int[], ?::timestamptz[])
            """;

    private static void insertRelationshipMentions(
            Connection connection, List<RebuiltMentions.Placed<Mention.OfRelationship>> rows) throws SQLException {
        update(
                connection,
                INSERT_RELATIONSHIP_MENTIONS,
                uuids(rows, row -> row.mention().relationshipId()),
                uuids(rows, row -> row.mention().chunkId()),
                texts(rows, row -> row.mention().workspace()),
                ints(rows, RebuiltMentions.Placed::partition),
                uuids(rows, row -> row.mention().sourceId()),
                uuids(rows, row -> row.mention().targetId()),
                texts(rows, row -> row.mention().type()),
                texts(rows, row -> row.mention().description()),
                ints(rows, row -> row.mention().evidence()),
                texts(rows, row -> row.mention().at().toString()));
    }

    private static final String INSERT_TOUCHED = """
            insert into lightrag.rebuilt_touched (subject_id)
            select * from unnest(?::uuid[])
            on conflict (subject_id) do nothing
            """;

    private static void insertTouched(Connection connection, RebuiltMentions mentions) throws SQLException {
        update(connection, INSERT_TOUCHED, (Object) uuids(mentions.subjects(), subject -> subject));
    }

    private static void update(Connection connection, String sql, Object... columns) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            for (var i = 0; i < columns.length; i++) {
                setArray(connection, statement, i + 1, (Object[]) columns[i]);
            }
            statement.executeUpdate();
        }
    }

    /** As text: the statement says what it is. */
    private static void setArray(Connection connection, PreparedStatement statement, int index, Object[] values)
            throws SQLException {
        var type = values instanceof Integer[] ? "int4" : values instanceof UUID[] ? "uuid" : "text";
        statement.setArray(index, connection.createArrayOf(type, values));
    }

    private static final String SWAP = """
            select relation, written, removed
            from lightrag.swap_rebuild()
            """;

    static List<Rebuild.Swapped> swap(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(SWAP)) {
            var swapped = new ArrayList<Rebuild.Swapped>();
            while (rows.next()) {
                swapped.add(new Rebuild.Swapped(rows.getString(1), rows.getLong(2), rows.getLong(3)));
            }
            return swapped;
        }
    }
}
