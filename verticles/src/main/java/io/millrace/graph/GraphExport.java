package io.millrace.graph;

import io.millrace.extract.Confidence;
import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Walks the whole graph of a workspace, page by page, in one snapshot: every entity, then every relationship, each by id. So
 * it is complete, and what it shows stood there at one moment, whatever the graph stage does meanwhile.
 */
public final class GraphExport {

    private static final int PAGE_ROWS = 1_000;
    private static final UUID BEFORE_ALL = new UUID(0, 0);

    private final Database database;

    public GraphExport(Database database) {
        this.database = database;
    }

    /** An entity as it is exported. */
    public record ExportedEntity(
            UUID id,
            String name,
            String entityType,
            @Nullable String description,
            double confidence,
            long mentions,
            int degree,
            Instant createdAt,
            Instant updatedAt) {}

    /**
     * A relationship as it is exported.
     *
     * @param sourceName null while the entity at that end is still on its way, as {@code targetName} is
     */
    public record ExportedRelationship(
            UUID id,
            UUID sourceEntityId,
            @Nullable String sourceName,
            String relationshipType,
            UUID targetEntityId,
            @Nullable String targetName,
            @Nullable String description,
            double confidence,
            long mentions,
            Instant createdAt,
            Instant updatedAt) {}

    /** Takes pages as they come; the next one is read when the future of the last has succeeded. */
    public interface Sink {
        Future<Void> entities(List<ExportedEntity> page);

        Future<Void> relationships(List<ExportedRelationship> page);
    }

    /** Completes when the sink has had everything, and fails as soon as the sink or the database does. */
    public Future<Void> walk(String workspace, Sink sink) {
        var begun = new Begun();
        return database.inTransaction(connection -> begun.once()
                .compose(first -> snapshot(connection))
                .compose(taken -> walk(
                        connection,
                        ENTITIES,
                        workspace,
                        BEFORE_ALL,
                        GraphExport::entity,
                        page -> sink.entities(page.rows())))
                .compose(entities -> walk(
                        connection,
                        RELATIONSHIPS,
                        workspace,
                        BEFORE_ALL,
                        GraphExport::relationship,
                        page -> sink.relationships(page.rows()))));
    }

    /** The block of a transaction may run twice when its connection was stale; a sink must not get a page twice. */
    private static final class Begun {
        private boolean begun;

        Future<Void> once() {
            if (begun) {
                return Future.failedFuture(
                        new IllegalStateException("the connection broke in the middle of an export"));
            }
            begun = true;
            return Future.succeededFuture();
        }
    }

    private static final String SNAPSHOT = """
            set transaction isolation level repeatable read, read only
            """;

    /** Between two pages the client is waited for, for longer than any other transaction may idle. */
    private static final String PATIENCE = """
            set local idle_in_transaction_session_timeout = '2min'
            """;

    private static Future<Void> snapshot(SqlConnection connection) {
        return connection
                .query(SNAPSHOT)
                .execute()
                .compose(set -> connection.query(PATIENCE).execute())
                .mapEmpty();
    }

    private static final String ENTITIES = """
            select id, name, entity_type, description, evidence, mentions, in_degree + out_degree, created_at, updated_at
            from lightrag.entity_state
            where workspace = $1 and id > $2
            order by id
            limit $3
            """;

    private static ExportedEntity entity(Row row) {
        return new ExportedEntity(
                row.getUUID(0),
                row.getString(1),
                row.getString(2),
                row.getString(3),
                confidence(row.getLong(4)),
                row.getLong(5),
                row.getInteger(6),
                row.getOffsetDateTime(7).toInstant(),
                row.getOffsetDateTime(8).toInstant());
    }

    private static final String RELATIONSHIPS = """
            select r.id, r.source_entity_id, s.name, r.relationship_type, r.target_entity_id, t.name, r.description, r.evidence, r.mentions,
              r.created_at, r.updated_at
            from lightrag.relationship_state r
            left join lightrag.entity_state s on s.id = r.source_entity_id
            left join lightrag.entity_state t on t.id = r.target_entity_id
            where r.workspace = $1 and r.id > $2
            order by r.id
            limit $3
            """;

    private static ExportedRelationship relationship(Row row) {
        return new ExportedRelationship(
                row.getUUID(0),
                row.getUUID(1),
                row.getString(2),
                row.getString(3),
                row.getUUID(4),
                row.getString(5),
                row.getString(6),
                confidence(row.getLong(7)),
                row.getLong(8),
                row.getOffsetDateTime(9).toInstant(),
                row.getOffsetDateTime(10).toInstant());
    }

    private static double confidence(long evidence) {
        return Math.round(Confidence.of(evidence) * 100) / 100.0;
    }

    private record Page<T>(List<T> rows, UUID last) {}

    private static <T> Future<Void> walk(
            SqlConnection connection,
            String sql,
            String workspace,
            UUID after,
            Function<Row, T> of,
            Function<Page<T>, Future<Void>> take) {
        return page(connection, sql, workspace, after, of)
                .compose(page -> page.rows().isEmpty()
                        ? Future.succeededFuture()
                        : take.apply(page)
                                .compose(taken -> page.rows().size() < PAGE_ROWS
                                        ? Future.succeededFuture()
                                        : walk(connection, sql, workspace, page.last(), of, take)));
    }

    private static <T> Future<Page<T>> page(
            SqlConnection connection, String sql, String workspace, UUID after, Function<Row, T> of) {
        return connection
                .preparedQuery(sql)
                .execute(Tuple.of(workspace, after, PAGE_ROWS))
                .map(rows -> {
                    var list = new ArrayList<T>(rows.size());
                    var last = after;
                    for (var row : rows) {
                        list.add(of.apply(row));
                        last = row.getUUID(0);
                    }
                    return new Page<>(list, last);
                });
    }
}
