package io.millrace.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * A graph that was put straight into the tables, with the counters that its rows come to: as many relationships as entities,
 * most of them at few entities, and the growth and history of a month.
 */
final class LoadedGraph {

    /** Enough that both sizes have the types, and so the counters, that they would have in life. */
    private static final List<String> STATEMENTS =
            List.of("""
            select setseed(0.5)
            """, """
            create temp table drawn as
            select i, floor(%1$d * power(random(), 3))::int as source, floor(%1$d * random())::int as target, 'TYPE_' || i %% 20 as type
            from generate_series(1, %1$d) i
            """, """
            create function pg_temp.entity(n int) returns uuid language sql immutable return md5('entity ' || n)::uuid
            """, """
            create temp table ends as
            select n, sum(o)::int as out_degree, sum(i)::int as in_degree
            from (select source as n, 1 as o, 0 as i from drawn union all select target, 0, 1 from drawn) e
            group by n
            """, """
            insert into lightrag.entity_state (id, workspace, name, name_votes, entity_type, type_votes, description,
              description_votes, mentions, evidence, out_degree, in_degree, created_at, updated_at)
            select pg_temp.entity(n), 'default', 'Entity ' || n, 3, 'KIND_' || n %% 12, 3, 'The entity of number ' || n, 1, 3, 2000000,
              coalesce(e.out_degree, 0), coalesce(e.in_degree, 0), now(), now()
            from generate_series(0, %1$d - 1) n
            left join ends e using (n)
            """, """
            insert into lightrag.relationship_state (id, workspace, source_entity_id, target_entity_id, relationship_type,
              description, description_votes, mentions, evidence, created_at, updated_at)
            select md5('relationship ' || i)::uuid, 'default', pg_temp.entity(source), pg_temp.entity(target), type, null, 0, 1, 1000000,
              now(), now()
            from drawn
            """, """
            create function pg_temp.owner(id uuid) returns int language sql immutable
            return abs(hashtext(id::text)) %% %2$d
            """, """
            insert into lightrag.counters (partition_id, workspace, name, key, value, updated_at)
            select pg_temp.owner(e.id), 'default', v.name, v.key, sum(v.value), now()
            from lightrag.entity_state e
            cross join lateral (values
              ('entities', '', 1), ('entity_mentions', '', e.mentions), ('entity_type', e.entity_type, 1),
              ('degree', lightrag.degree_bucket(e.in_degree + e.out_degree)::text, 1)) v (name, key, value)
            group by 1, 3, 4
            """, """
            insert into lightrag.counters (partition_id, workspace, name, key, value, updated_at)
            select pg_temp.owner(r.source_entity_id), 'default', v.name, v.key, sum(v.value), now()
            from lightrag.relationship_state r
            cross join lateral (values
              ('relationships', '', 1), ('relationship_mentions', '', r.mentions), ('relationship_type', r.relationship_type, 1)
              ) v (name, key, value)
            group by 1, 3, 4
            """, """
            insert into lightrag.top_entities (partition_id, workspace, entity_id, name, degree)
            select r.owner, 'default', r.id, r.name, r.degree
            from (
              select pg_temp.owner(e.id) as owner, e.id, e.name, e.in_degree + e.out_degree as degree,
                row_number() over (partition by pg_temp.owner(e.id) order by e.in_degree + e.out_degree desc, e.id) as place
              from lightrag.entity_state e
            ) r
            where r.place <= 100
            """, """
            insert into lightrag.growth (partition_id, workspace, grain, starts_at, entities, relationships, mentions)
            select p, 'default', g.grain, date_trunc(g.grain, now(), 'UTC') - i * g.length, 7, 5, 30
            from (values ('minute', interval '1 minute', 1440), ('hour', interval '1 hour', 720), ('day', interval '1 day', 30)) g (grain, length, steps)
            cross join lateral generate_series(0, g.steps) i
            cross join generate_series(0, %2$d - 1) p
            """, """
            insert into lightrag.graph_history (workspace, taken_at, entity_count, relationship_count, statistics)
            select 'default', date_trunc('minute', now()) - i * interval '1 minute', s.entity_count, s.relationship_count, s.statistics
            from lightrag.current_statistics s
            cross join generate_series(1, 30 * 1440) i
            """, "drop table drawn", "drop table ends");

    private LoadedGraph() {}

    static void load(Connection connection, int entities, int partitions) throws SQLException {
        for (var statement : STATEMENTS) {
            Sql.run(connection, statement.formatted(entities, partitions));
        }
        Sql.run(connection, "vacuum analyze");
    }
}
