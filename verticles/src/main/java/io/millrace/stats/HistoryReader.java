package io.millrace.stats;

import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;

/** Reads statistics one by one: types, degrees, top entities, and how they came about. Never counts rows of the graph. */
public final class HistoryReader {

    private final Database database;

    public HistoryReader(Database database) {
        this.database = database;
    }

    /** How many entities or relationships are of a type. */
    public record TypeCount(String type, long count) {}

    private static final String ENTITY_TYPES = """
            select entity_type, entities
            from lightrag.entity_types
            where workspace = $1
            order by entities desc, entity_type
            """;

    public Future<List<TypeCount>> entityTypes(String workspace) {
        return database.list(ENTITY_TYPES, Tuple.of(workspace), HistoryReader::typeCount);
    }

    private static final String RELATIONSHIP_TYPES = """
            select relationship_type, relationships
            from lightrag.relationship_types
            where workspace = $1
            order by relationships desc, relationship_type
            """;

    public Future<List<TypeCount>> relationshipTypes(String workspace) {
        return database.list(RELATIONSHIP_TYPES, Tuple.of(workspace), HistoryReader::typeCount);
    }

    private static TypeCount typeCount(Row row) {
        return new TypeCount(row.getString(0), row.getLong(1));
    }

    /** Entities that have {@code from} to {@code to} relationships. */
    public record DegreeBucket(long from, long to, long entities) {}

    private static final String DEGREES = """
            select degree_from, degree_to, entities
            from lightrag.degree_distribution
            where workspace = $1
            order by degree_from
            """;

    public Future<List<DegreeBucket>> degrees(String workspace) {
        return database.list(
                DEGREES, Tuple.of(workspace), row -> new DegreeBucket(row.getLong(0), row.getLong(1), row.getLong(2)));
    }

    /** An entity of high degree. */
    public record TopEntity(UUID id, String name, long degree) {}

    private static final String TOP = """
            select entity_id, name, degree
            from lightrag.top_entities
            where workspace = $1
            order by degree desc, entity_id
            limit $2
            """;

    /** The entities of highest degree; each partition keeps {@link TopEntities#KEPT}, so more cannot be told. */
    public Future<List<TopEntity>> top(String workspace, int limit) {
        return database.list(
                TOP,
                Tuple.of(workspace, limit),
                row -> new TopEntity(row.getUUID(0), row.getString(1), row.getLong(2)));
    }

    /** The graph's size at a time. */
    public record Size(long entities, long relationships) {}

    private static final String SIZES = """
            select coalesce(h.entity_count, 0), coalesce(h.relationship_count, 0)
            from unnest($2::timestamptz[]) with ordinality u (at, position)
            left join lateral (
              select g.entity_count, g.relationship_count
              from lightrag.graph_history g
              where g.workspace = $1 and g.taken_at < u.at
              order by g.taken_at desc
              limit 1
            ) h on true
            order by u.position
            """;

    /** The sizes right before some times, in their order; nothing before the first change. */
    public Future<List<Size>> sizes(String workspace, List<Instant> times) {
        var before = times.stream().map(HistoryReader::utc).toArray(OffsetDateTime[]::new);
        return database.list(
                SIZES, Tuple.of(workspace, (Object) before), row -> new Size(row.getLong(0), row.getLong(1)));
    }

    private static final String SIZE_NOW = """
            select
              coalesce(sum(value) filter (where name = 'entities'), 0)::bigint,
              coalesce(sum(value) filter (where name = 'relationships'), 0)::bigint
            from lightrag.counters
            where workspace = $1 and name in ('entities', 'relationships')
            """;

    /** The size now: the history is a few seconds behind. */
    public Future<Size> sizeNow(String workspace) {
        return database.list(SIZE_NOW, Tuple.of(workspace), row -> new Size(row.getLong(0), row.getLong(1)))
                .map(List::getFirst);
    }

    /** What a period added. */
    public record Growth(Instant startsAt, long entities, long relationships, long mentions) {}

    private static final String GROWTH = """
            select starts_at, entities, relationships, mentions
            from lightrag.growth_by_period
            where workspace = $1 and grain = $2 and starts_at >= $3 and starts_at < $4
            order by starts_at
            """;

    /**
     * What periods added; those without a change are missing.
     *
     * @param grain {@code minute}, {@code hour} or {@code day}
     */
    public Future<List<Growth>> growth(String workspace, String grain, Instant from, Instant to) {
        return database.list(
                GROWTH,
                Tuple.of(workspace, grain, utc(from), utc(to)),
                row -> new Growth(
                        row.getOffsetDateTime(0).toInstant(), row.getLong(1), row.getLong(2), row.getLong(3)));
    }

    private static OffsetDateTime utc(Instant instant) {
        return OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
    }
}
