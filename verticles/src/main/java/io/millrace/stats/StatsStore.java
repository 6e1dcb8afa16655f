package io.millrace.stats;

import static io.millrace.pg.Columns.ints;
import static io.millrace.pg.Columns.longs;
import static io.millrace.pg.Columns.texts;
import static io.millrace.pg.Columns.times;
import static io.millrace.pg.Columns.uuids;
import static io.vertx.core.Future.await;

import io.millrace.stream.Write;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Rows of the statistics. */
final class StatsStore {

    private StatsStore() {}

    private static final String LOAD_TOP = """
            select workspace, entity_id, name, degree
            from lightrag.top_entities
            where partition_id = $1 and workspace = any ($2)
            """;

    static List<StatsDelta.Degree> loadTop(SqlClient database, int partition, Set<String> workspaces) {
        var top = new ArrayList<StatsDelta.Degree>();
        var parameters = Tuple.of(partition, (Object) workspaces.toArray(String[]::new));
        for (var row : await(database.preparedQuery(LOAD_TOP).execute(parameters))) {
            top.add(new StatsDelta.Degree(row.getString(0), row.getUUID(1), row.getString(2), row.getLong(3)));
        }
        return top;
    }

    private static final String LOAD_DEGREES = """
            select id, workspace, name, (out_degree + in_degree)::bigint
            from lightrag.entity_state
            where id = any ($1)
            """;

    static Map<UUID, StatsDelta.Degree> loadDegrees(SqlClient database, List<UUID> entityIds) {
        var degrees = new HashMap<UUID, StatsDelta.Degree>();
        var parameters = Tuple.of((Object) entityIds.toArray(UUID[]::new));
        for (var row : await(database.preparedQuery(LOAD_DEGREES).execute(parameters))) {
            degrees.put(
                    row.getUUID(0),
                    new StatsDelta.Degree(row.getString(1), row.getUUID(0), row.getString(2), row.getLong(3)));
        }
        return degrees;
    }

    static List<Write> save(int partition, StatsDelta delta, TopEntities.Difference top) {
        var writes = new ArrayList<Write>();
        if (!delta.counters().isEmpty()) {
            writes.add(addCounters(partition, delta.counters()));
        }
        if (!delta.growth().isEmpty()) {
            writes.add(addGrowth(partition, delta.growth()));
        }
        if (!top.upserts().isEmpty()) {
            writes.add(upsertTop(partition, List.copyOf(top.upserts().values())));
        }
        if (!top.removals().isEmpty()) {
            writes.add(removeTop(partition, top.removals()));
        }
        return writes;
    }

    private static final String ADD_COUNTERS = """
            insert into lightrag.counters (partition_id, workspace, name, key, value, updated_at)
            select n.partition_id, n.workspace, n.name, n.key, n.value, clock_timestamp()
            from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::bigint[]) n (partition_id, workspace, name, key, value)
            on conflict (partition_id, workspace, name, key) do update
            set value = counters.value + excluded.value, updated_at = greatest(counters.updated_at, excluded.updated_at)
            """;

    /** Times do not run backwards with a clock that is set back: what is newest in {@code graph_metadata} would be history. */
    private static Write addCounters(int partition, Map<StatsDelta.Counter, Long> counters) {
        var keys = List.copyOf(counters.keySet());
        return Write.rows(
                ADD_COUNTERS,
                Tuple.of(
                        ints(keys, key -> partition),
                        texts(keys, StatsDelta.Counter::workspace),
                        texts(keys, StatsDelta.Counter::name),
                        texts(keys, StatsDelta.Counter::key),
                        longs(keys, counters::get)));
    }

    private static final String ADD_GROWTH = """
            insert into lightrag.growth (partition_id, workspace, grain, starts_at, entities, relationships, mentions)
            select *
            from unnest($1::int[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::bigint[])
            on conflict (workspace, grain, starts_at, partition_id) do update
            set entities = growth.entities + excluded.entities, relationships = growth.relationships + excluded.relationships,
                mentions = growth.mentions + excluded.mentions
            """;

    private static Write addGrowth(int partition, Map<StatsDelta.Period, StatsDelta.Gained> growth) {
        var periods = List.copyOf(growth.keySet());
        var gained = periods.stream().map(growth::get).toList();
        return Write.rows(
                ADD_GROWTH,
                Tuple.tuple(List.<Object>of(
                        ints(periods, period -> partition),
                        texts(periods, StatsDelta.Period::workspace),
                        texts(periods, period -> period.grain().label()),
                        times(periods, StatsDelta.Period::startsAt),
                        longs(gained, StatsDelta.Gained::entities),
                        longs(gained, StatsDelta.Gained::relationships),
                        longs(gained, StatsDelta.Gained::mentions))));
    }

    private static final String UPSERT_TOP = """
            insert into lightrag.top_entities (partition_id, workspace, entity_id, name, degree)
            select *
            from unnest($1::int[], $2::text[], $3::uuid[], $4::text[], $5::bigint[])
            on conflict (partition_id, workspace, entity_id) do update
            set name = excluded.name, degree = excluded.degree
            """;

    private static Write upsertTop(int partition, List<StatsDelta.Degree> rows) {
        return Write.rows(
                UPSERT_TOP,
                Tuple.of(
                        ints(rows, row -> partition),
                        texts(rows, StatsDelta.Degree::workspace),
                        uuids(rows, StatsDelta.Degree::entityId),
                        texts(rows, StatsDelta.Degree::name),
                        longs(rows, StatsDelta.Degree::degree)));
    }

    private static final String REMOVE_TOP = """
            delete from lightrag.top_entities
            where (partition_id, workspace, entity_id) in (select * from unnest($1::int[], $2::text[], $3::uuid[]))
            """;

    private static Write removeTop(int partition, Map<UUID, String> removals) {
        var ids = List.copyOf(removals.keySet());
        return Write.rows(
                REMOVE_TOP, Tuple.of(ints(ids, id -> partition), texts(ids, removals::get), ids.toArray(UUID[]::new)));
    }

    private static final String SNAPSHOT = """
            insert into lightrag.graph_history (workspace, taken_at, entity_count, relationship_count, statistics)
            select s.workspace, date_trunc('minute', s.last_updated), s.entity_count, s.relationship_count, s.statistics
            from lightrag.current_statistics s
            where s.last_updated >= clock_timestamp() - interval '2 minutes'
            on conflict (workspace, taken_at) do update
            set entity_count = excluded.entity_count, relationship_count = excluded.relationship_count,
                statistics = excluded.statistics
            """;

    /** Keeps the state of each workspace that has changed lately, a row a minute. */
    static Future<Integer> snapshot(SqlClient database) {
        return database.query(SNAPSHOT).execute().map(rows -> rows.rowCount());
    }
}
