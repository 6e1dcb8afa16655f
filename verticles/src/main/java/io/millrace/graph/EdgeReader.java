package io.millrace.graph;

import io.millrace.graph.GraphReader.EntityView;
import io.millrace.pg.Database;
import io.millrace.pg.SqlStates;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads the relationships around many entities at once, one step of a walk; and the entities themselves. */
final class EdgeReader {

    /** Relationships of one entity that a walk looks at, each way: a hub may have a million. */
    static final int FAN_OUT = 1_000;

    /** Relationships of one step. */
    static final int STEP_EDGES = 20_000;

    private final Database database;

    EdgeReader(Database database) {
        this.database = database;
    }

    /** A relationship between two entities. */
    record Edge(
            UUID id,
            UUID sourceEntityId,
            UUID targetEntityId,
            String relationshipType,
            @Nullable String description,
            double confidence,
            long mentions) {

        UUID other(UUID end) {
            return sourceEntityId.equals(end) ? targetEntityId : sourceEntityId;
        }
    }

    /**
     * The relationships around some entities.
     *
     * @param truncated whether there are more than a walk looks at
     */
    record Step(List<Edge> edges, boolean truncated) {}

    private static final String AROUND = """
            select n.id, r.outwards, r.id, r.source_entity_id, r.target_entity_id, r.relationship_type, r.description, r.evidence, r.mentions
            from unnest($1::uuid[]) n (id)
            cross join lateral (
              (select true as outwards, o.id, o.source_entity_id, o.target_entity_id, o.relationship_type, o.description, o.evidence, o.mentions
               from lightrag.relationship_state o
               where o.source_entity_id = n.id
               order by o.relationship_type, o.id
               limit $2)
              union all
              (select false, i.id, i.source_entity_id, i.target_entity_id, i.relationship_type, i.description, i.evidence, i.mentions
               from lightrag.relationship_state i
               where i.target_entity_id = n.id
               order by i.relationship_type, i.id
               limit $3)
            ) r
            limit $4
            """;

    /** @param outwards whether to follow relationships from their source, {@code inwards} from their target */
    Future<Step> around(Collection<UUID> entities, boolean outwards, boolean inwards) {
        var parameters = Tuple.of(
                entities.toArray(UUID[]::new), outwards ? FAN_OUT + 1 : 0, inwards ? FAN_OUT + 1 : 0, STEP_EDGES + 1);
        return query(AROUND, parameters).map(EdgeReader::step);
    }

    private static Step step(RowSet<Row> rows) {
        var edges = new HashMap<UUID, Edge>();
        var counts = new HashMap<String, Integer>();
        for (var row : rows) {
            counts.merge(row.getUUID(0) + "/" + row.getBoolean(1), 1, Integer::sum);
            edges.computeIfAbsent(
                    row.getUUID(2),
                    id -> new Edge(
                            id,
                            row.getUUID(3),
                            row.getUUID(4),
                            row.getString(5),
                            row.getString(6),
                            GraphReader.confidence(row.getLong(7)),
                            row.getLong(8)));
        }
        var truncated = rows.size() > STEP_EDGES || counts.values().stream().anyMatch(count -> count > FAN_OUT);
        return new Step(List.copyOf(edges.values()), truncated);
    }

    private static final String ENTITIES = """
            select id, name, entity_type, description, evidence, mentions, in_degree + out_degree, 1.0::float8, created_at, updated_at
            from lightrag.entity_state
            where workspace = $1 and id = any ($2)
            """;

    Future<List<EntityView>> entities(String workspace, Collection<UUID> ids) {
        return query(ENTITIES, Tuple.of(workspace, (Object) ids.toArray(UUID[]::new)))
                .map(rows -> {
                    var entities = new ArrayList<EntityView>(rows.size());
                    rows.forEach(row -> entities.add(GraphReader.entity(row)));
                    return entities;
                });
    }

    private Future<RowSet<Row>> query(String sql, Tuple parameters) {
        return database.pool()
                .preparedQuery(sql)
                .execute(parameters)
                .recover(thrown -> Future.failedFuture(SqlStates.failure(thrown)));
    }
}
