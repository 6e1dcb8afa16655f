package io.millrace.graph;

import io.millrace.graph.GraphReader.RelationshipView;
import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The relationships of an entity, page by page, ordered by type and id: that order is an index's, so that a page of a hub
 * costs what a page of any other entity does.
 */
public final class NeighborReader {

    private final Database database;

    public NeighborReader(Database database) {
        this.database = database;
    }

    /** Which end of its relationships an entity is. */
    public enum Direction {
        OUT,
        IN
    }

    /** The last relationship of a page. */
    public record Position(String relationshipType, UUID id) {
        /** Before every relationship: no type is empty. */
        public static final Position FIRST = new Position("", new UUID(0, 0));
    }

    private static final String OUT = """
            select r.id, 'out', r.relationship_type, r.target_entity_id, e.name, e.entity_type, r.description, r.evidence, r.mentions
            from lightrag.relationship_state r
            left join lightrag.entity_state e on e.id = r.target_entity_id
            where r.source_entity_id = $1 and (r.relationship_type, r.id) > ($2, $3)
            order by r.relationship_type, r.id
            limit $4
            """;

    private static final String OUT_OF_TYPE = """
            select r.id, 'out', r.relationship_type, r.target_entity_id, e.name, e.entity_type, r.description, r.evidence, r.mentions
            from lightrag.relationship_state r
            left join lightrag.entity_state e on e.id = r.target_entity_id
            where r.source_entity_id = $1 and r.relationship_type = $2 and r.id > $3
            order by r.relationship_type, r.id
            limit $4
            """;

    private static final String IN = """
            select r.id, 'in', r.relationship_type, r.source_entity_id, e.name, e.entity_type, r.description, r.evidence, r.mentions
            from lightrag.relationship_state r
            left join lightrag.entity_state e on e.id = r.source_entity_id
            where r.target_entity_id = $1 and (r.relationship_type, r.id) > ($2, $3)
            order by r.relationship_type, r.id
            limit $4
            """;

    private static final String IN_OF_TYPE = """
            select r.id, 'in', r.relationship_type, r.source_entity_id, e.name, e.entity_type, r.description, r.evidence, r.mentions
            from lightrag.relationship_state r
            left join lightrag.entity_state e on e.id = r.source_entity_id
            where r.target_entity_id = $1 and r.relationship_type = $2 and r.id > $3
            order by r.relationship_type, r.id
            limit $4
            """;

    /** At most {@code limit} relationships behind a position; of one type, or of all. */
    public Future<List<RelationshipView>> list(
            UUID entityId, Direction direction, @Nullable String type, Position behind, int limit) {
        var sql = switch (direction) {
            case OUT -> type == null ? OUT : OUT_OF_TYPE;
            case IN -> type == null ? IN : IN_OF_TYPE;
        };
        var from = type == null ? behind.relationshipType() : type;
        return database.list(sql, Tuple.of(entityId, from, behind.id(), limit), row -> relationship(row));
    }

    static RelationshipView relationship(Row row) {
        return new RelationshipView(
                row.getUUID(0),
                row.getString(1),
                row.getString(2),
                row.getUUID(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                GraphReader.confidence(row.getLong(7)),
                row.getLong(8));
    }
}
