package io.millrace.verify;

import io.millrace.graph.GraphChange;
import io.millrace.stats.StatsDelta;
import io.millrace.stream.ConsumerRecord;
import io.vertx.core.buffer.Buffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** Comparisons of the statistics with the graph, and with the changes that they have still to read. */
final class StatisticsRecounts {

    private StatisticsRecounts() {}

    private static final int ROWS_A_FETCH = 200;

    /** What a seek makes the stage read again was counted once, so it does not count here. */
    private static final String UNREAD = """
            with reached as (
              select p.partition_id, greatest(c.committed_offset, p.floor_offset) as next_offset,
                coalesce(a.processed, '{}') as processed
              from stream.topics t
              join stream.partitions p on p.topic_id = t.topic_id
              left join stream.groups g on g.topic_id = t.topic_id and g.name = 'stats'
              left join stream.assignments a on a.group_id = g.group_id and a.partition_id = p.partition_id
              left join lateral stream.committed(g.group_id, p.partition_id) c on true
              where t.name = 'changes'
            ), unread as materialized (
              select b.partition_id, b.base_offset, b.created_at, b."values", r.next_offset, r.processed
              from reached r
              join stream.batches b on b.partition_id = r.partition_id and b.base_offset + b.record_count > r.next_offset
              where b.topic_id = (select t.topic_id from stream.topics t where t.name = 'changes')
            )
            select u.partition_id, u.base_offset + v.ordinality - 1, u.created_at, v.value
            from unread u
            cross join lateral unnest(u."values") with ordinality v (value, ordinality)
            where u.base_offset + v.ordinality - 1 >= u.next_offset and not u.processed @> (u.base_offset + v.ordinality - 1)
            """;

    private static StatsDelta unread(Connection connection) throws SQLException {
        var delta = new StatsDelta();
        try (var statement = connection.prepareStatement(UNREAD)) {
            statement.setFetchSize(ROWS_A_FETCH);
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    var record = record(rows);
                    delta.add(GraphChange.read(record), record.timestamp());
                }
            }
        }
        return delta;
    }

    private static ConsumerRecord record(ResultSet row) throws SQLException {
        var value = row.getBytes(4);
        return new ConsumerRecord(
                row.getInt(1),
                row.getLong(2),
                row.getTimestamp(3).toInstant(),
                null,
                value == null ? null : Buffer.buffer(value),
                List.of());
    }

    /** Parameters: the counters that the unread changes will add to. */
    private static final String COUNTERS = """
            with counted as (
              select u.workspace, u.name, k.key, sum(u.value) as value
              from (
                select c.workspace, c.name, c.key, c.value from lightrag.counters c
                union all
                select n.workspace, n.name, n.key, n.value
                from unnest(?::text[], ?::text[], ?::text[], ?::bigint[]) n (workspace, name, key, value)
              ) u
              cross join lateral (
                select case when u.name = 'degree' then lightrag.degree_bucket(u.key::bigint)::text else u.key end as key
              ) k
              group by u.workspace, u.name, k.key
            ), entities as materialized (
              select e.workspace, e.entity_type, e.out_degree + e.in_degree as degree, count(*) as entities, sum(e.mentions) as mentions
              from lightrag.entity_state e
              group by e.workspace, e.entity_type, e.out_degree + e.in_degree
            ), relationships as materialized (
              select r.workspace, r.relationship_type, count(*) as relationships, sum(r.mentions) as mentions
              from lightrag.relationship_state r
              group by r.workspace, r.relationship_type
            ), recounted as (
              select u.workspace, u.name, u.key, sum(u.value) as value
              from (
                select e.workspace, v.name, v.key, v.value
                from entities e
                cross join lateral (values
                  ('entities', '', e.entities),
                  ('entity_mentions', '', e.mentions),
                  ('entity_type', e.entity_type, e.entities),
                  ('degree', lightrag.degree_bucket(e.degree)::text, e.entities)) v (name, key, value)
                union all
                select r.workspace, v.name, v.key, v.value
                from relationships r
                cross join lateral (values
                  ('relationships', '', r.relationships),
                  ('relationship_mentions', '', r.mentions),
                  ('relationship_type', r.relationship_type, r.relationships)) v (name, key, value)
              ) u
              group by u.workspace, u.name, u.key
            ), compared as (
              select coalesce(c.workspace, r.workspace) as workspace, coalesce(c.name, r.name) as name, coalesce(c.key, r.key) as key,
                coalesce(c.value, 0) as counted, coalesce(r.value, 0) as recounted
              from counted c
              full join recounted r on r.workspace = c.workspace and r.name = c.name and r.key = c.key
            ), differences as (
              select format('workspace %s: %s %s is %s, recounted %s', c.workspace, c.name, c.key, c.counted, c.recounted) as what
              from compared c
              where c.counted <> c.recounted
            )
            select
              (select count(*) from compared),
              (select count(*) from differences),
              array(select d.what from differences d order by d.what limit 10)
            """;

    private static void setUnread(Connection connection, PreparedStatement statement) throws SQLException {
        var counters = unread(connection).counters();
        var keys = List.copyOf(counters.keySet());
        setTexts(
                connection,
                statement,
                1,
                keys.stream().map(StatsDelta.Counter::workspace).toArray());
        setTexts(
                connection,
                statement,
                2,
                keys.stream().map(StatsDelta.Counter::name).toArray());
        setTexts(
                connection,
                statement,
                3,
                keys.stream().map(StatsDelta.Counter::key).toArray());
        statement.setArray(
                4,
                connection.createArrayOf(
                        "bigint", keys.stream().map(counters::get).toArray()));
    }

    private static void setTexts(Connection connection, PreparedStatement statement, int index, Object[] texts)
            throws SQLException {
        statement.setArray(index, connection.createArrayOf("text", texts));
    }

    /** Growth and counters are written by the same commits, so they agree in each partition, whatever is still unread. */
    private static final String GROWTH = """
            with days as (
              select g.workspace, g.partition_id, g.grain, date_trunc('day', g.starts_at, 'UTC') as day,
                sum(g.entities) as entities, sum(g.relationships) as relationships, sum(g.mentions) as mentions
              from lightrag.growth g
              group by g.workspace, g.partition_id, g.grain, date_trunc('day', g.starts_at, 'UTC')
            ), totals as (
              select d.workspace, d.partition_id, sum(d.entities) as entities, sum(d.relationships) as relationships, sum(d.mentions) as mentions
              from days d
              where d.grain = 'day'
              group by d.workspace, d.partition_id
            ), counted as (
              select c.workspace, c.partition_id,
                coalesce(sum(c.value) filter (where c.name = 'entities'), 0) as entities,
                coalesce(sum(c.value) filter (where c.name = 'relationships'), 0) as relationships,
                coalesce(sum(c.value) filter (where c.name in ('entity_mentions', 'relationship_mentions')), 0) as mentions
              from lightrag.counters c
              group by c.workspace, c.partition_id
            ), differences (what) as (
              select format('workspace %s, partition %s, day %s: %s, %s and %s by the day, by the %s %s, %s and %s',
                coalesce(d.workspace, f.workspace), coalesce(d.partition_id, f.partition_id), coalesce(d.day, f.day),
                coalesce(d.entities, 0), coalesce(d.relationships, 0), coalesce(d.mentions, 0),
                coalesce(f.grain, 'hour or minute'), coalesce(f.entities, 0), coalesce(f.relationships, 0), coalesce(f.mentions, 0))
              from (
                select d.*, fine.grain as finer
                from days d
                cross join (values ('minute'), ('hour')) fine (grain)
                where d.grain = 'day') d
              full join (select f.* from days f where f.grain <> 'day') f
                on f.workspace = d.workspace and f.partition_id = d.partition_id and f.day = d.day and f.grain = d.finer
              where (d.entities, d.relationships, d.mentions) is distinct from (f.entities, f.relationships, f.mentions)
              union all
              select format('workspace %s, partition %s: growth of %s, %s and %s, counted %s, %s and %s',
                coalesce(t.workspace, c.workspace), coalesce(t.partition_id, c.partition_id),
                coalesce(t.entities, 0), coalesce(t.relationships, 0), coalesce(t.mentions, 0),
                coalesce(c.entities, 0), coalesce(c.relationships, 0), coalesce(c.mentions, 0))
              from totals t
              full join counted c on c.workspace = t.workspace and c.partition_id = t.partition_id
              where (coalesce(t.entities, 0), coalesce(t.relationships, 0), coalesce(t.mentions, 0))
                <> (coalesce(c.entities, 0), coalesce(c.relationships, 0), coalesce(c.mentions, 0))
            )
            select
              (select count(*) from lightrag.growth),
              (select count(*) from differences),
              array(select d.what from differences d order by d.what limit 10)
            """;

    /**
     * Compared only when every change was read: a list says nothing about entities that changed since. Degrees are
     * compared by rank, and each listed entity with the entity itself: which of many with the same degree are listed is
     * left open.
     */
    private static final String TOP = """
            with behind as (
              select count(*) as partitions
              from stream.topics t
              join stream.partitions p on p.topic_id = t.topic_id
              left join stream.groups g on g.topic_id = t.topic_id and g.name = 'stats'
              left join stream.assignments a on a.group_id = g.group_id and a.partition_id = p.partition_id
              left join lateral stream.committed(g.group_id, p.partition_id) c on true
              where t.name = 'changes'
                and int8multirange(int8range(greatest(c.committed_offset, p.floor_offset), stream.end_offset(p.topic_id, p.partition_id)))
                  - coalesce(a.processed, '{}') <> '{}'
            ), listed as (
              select e.workspace, e.entity_id, e.name, e.degree
              from lightrag.top_entities e
              where (select b.partitions from behind b) = 0
            ), ranked as (
              select l.workspace, l.degree, row_number() over (partition by l.workspace order by l.degree desc) as place
              from listed l
            ), recounted as (
              select e.workspace, e.out_degree + e.in_degree as degree,
                row_number() over (partition by e.workspace order by e.out_degree + e.in_degree desc) as place
              from lightrag.entity_state e
              where e.out_degree + e.in_degree > 0 and (select b.partitions from behind b) = 0
            ), differences (what) as (
              select format('workspace %s: place %s has degree %s, recounted %s', coalesce(l.workspace, r.workspace), coalesce(l.place, r.place),
                coalesce(l.degree::text, 'none'), coalesce(r.degree::text, 'none'))
              from (select l.* from ranked l where l.place <= 20) l
              full join (select r.* from recounted r where r.place <= 20) r on r.workspace = l.workspace and r.place = l.place
              where l.degree is distinct from r.degree
              union all
              select
                case
                  when e.id is null then format('entity %s %L is listed, but not there', l.entity_id, l.name)
                  else format('entity %s: listed as %L of workspace %s with degree %s, it is %L of %s with %s', l.entity_id, l.name, l.workspace,
                    l.degree, e.name, e.workspace, e.out_degree + e.in_degree)
                end
              from listed l
              left join lightrag.entity_state e on e.id = l.entity_id
              where (l.workspace, l.name, l.degree) is distinct from (e.workspace, e.name, e.out_degree + e.in_degree)
            )
            select
              (select count(*) from listed),
              (select count(*) from differences),
              array(select d.what from differences d order by d.what limit 10)
            """;

    static final List<Recount> ALL = List.of(
            new Recount(
                    "counters",
                    "Counters, with the changes not yet read, are what the graph has",
                    COUNTERS,
                    StatisticsRecounts::setUnread),
            new Recount("growth", "Growth by minute, hour and day adds up to the counters", GROWTH),
            new Recount("top", "The entities of highest degree are listed", TOP));
}
