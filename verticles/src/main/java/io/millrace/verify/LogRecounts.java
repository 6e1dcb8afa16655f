package io.millrace.verify;

import java.util.List;

/** Comparisons of the log and of what consumer groups have read of it. */
final class LogRecounts {

    private LogRecounts() {}

    /**
     * Counts are not held against the arrays themselves: that would read the whole log. A constraint of each segment holds
     * them together, so it is enough that the constraint is there.
     */
    private static final String OFFSETS = """
            with laid as (
              select b.topic_id, b.partition_id, b.segment_id, b.base_offset, b.batch_id, b.created_at,
                lag(b.base_offset + b.record_count) over place as previous_end,
                lag(b.segment_id) over place as previous_segment,
                lag(b.created_at) over place as previous_at
              from stream.batches b
              -- What a partition has left behind, and whose table is not dropped yet, is part of it no more.
              where not exists (
                select from stream.partitions p
                where p.topic_id = b.topic_id and p.partition_id = b.partition_id and b.segment_id < p.floor_segment)
              window place as (partition by b.topic_id, b.partition_id order by b.base_offset, b.segment_id)
            ), found (topic_id, partition_id, what) as (
              select l.topic_id, l.partition_id,
                case
                  when p.partition_id is null then format('a batch at %s in a partition that does not exist', l.base_offset)
                  when l.base_offset > coalesce(l.previous_end, p.floor_offset)
                    then format('offsets %s to %s are missing', coalesce(l.previous_end, p.floor_offset), l.base_offset - 1)
                  when l.base_offset < coalesce(l.previous_end, p.floor_offset)
                    then format('offsets %s to %s are there twice', l.base_offset, coalesce(l.previous_end, p.floor_offset) - 1)
                  when l.segment_id < l.previous_segment
                    then format('the batch at %s is in segment %s, behind segment %s', l.base_offset, l.segment_id, l.previous_segment)
                  when l.created_at < l.previous_at then format('time runs backwards at offset %s', l.base_offset)
                end
              from laid l
              left join stream.partitions p on p.topic_id = l.topic_id and p.partition_id = l.partition_id
              union all
              select l.topic_id, l.partition_id, format('batch id %s is there %s times', l.batch_id, count(*))
              from laid l
              group by l.topic_id, l.partition_id, l.batch_id
              having count(*) > 1
              union all
              select coalesce(b.topic_id, s.topic_id), coalesce(b.partition_id, s.partition_id),
                format('segment %s begins at %s, by the catalogue at %s', coalesce(b.segment_id, s.segment_id),
                  coalesce(b.base_offset::text, 'none'), coalesce(s.base_offset::text, 'none'))
              from (
                select l.topic_id, l.partition_id, l.segment_id, min(l.base_offset) as base_offset
                from laid l
                group by l.topic_id, l.partition_id, l.segment_id) b
              full join stream.segment_starts s
                on s.topic_id = b.topic_id and s.partition_id = b.partition_id and s.segment_id = b.segment_id
              where s.base_offset is distinct from b.base_offset
              union all
              select s.topic_id, null, format('segment %s has no table whose counts are bound to its arrays', s.segment_id)
              from stream.segments s
              left join pg_catalog.pg_class c
                on c.relnamespace = 'stream'::regnamespace and c.relname = stream.segment_table(s.topic_id, s.segment_id)
              left join pg_catalog.pg_constraint k
                on k.conrelid = c.oid and k.conname = 'batches_record_count_check' and k.convalidated
              where k.oid is null
            ), differences as (
              select format('%s%s: %s', coalesce(t.name, 'topic ' || f.topic_id), '/' || f.partition_id, f.what) as what
              from found f
              left join stream.topics t on t.topic_id = f.topic_id
              where f.what is not null
            )
            select
              (select count(*) from laid),
              (select count(*) from differences),
              array(select d.what from differences d order by d.what limit 10)
            """;

    private static final String GROUPS = """
            with laid as (
              select c.group_id, c.partition_id, c.sequence, c.committed_offset, c.epoch,
                lag(c.sequence) over place as previous_sequence,
                lag(c.committed_offset) over place as previous_offset,
                lag(c.epoch) over place as previous_epoch,
                lead(c.sequence) over place is null as newest
              from stream.commits c
              window place as (partition by c.group_id, c.partition_id order by c.sequence)
            ), wanted as (
              select g.group_id, p.partition_id, case when g.unseen_since is null then p.floor_offset else 0 end as floor_offset,
                stream.end_offset(p.topic_id, p.partition_id) as end_offset
              from stream.groups g
              join stream.partitions p on p.topic_id = g.topic_id
            ), found (group_id, partition_id, what) as (
              select l.group_id, l.partition_id,
                case
                  when l.sequence <> l.previous_sequence + 1
                    then format('commit %s follows on commit %s', l.sequence, l.previous_sequence)
                  when l.epoch < l.previous_epoch then format('commit %s is of epoch %s, after epoch %s', l.sequence, l.epoch, l.previous_epoch)
                  when l.epoch = l.previous_epoch and l.committed_offset < l.previous_offset
                    then format('commit %s goes back from offset %s to %s', l.sequence, l.previous_offset, l.committed_offset)
                end
              from laid l
              union all
              select coalesce(w.group_id, a.group_id, l.group_id), coalesce(w.partition_id, a.partition_id, l.partition_id),
                case
                  when a.group_id is null then 'no assignment'
                  when w.group_id is null then 'assigned, but its topic has no such partition'
                  when l.group_id is null then 'nothing was ever committed'
                  when l.committed_offset not between w.floor_offset and w.end_offset
                    then format('offset %s is committed, the partition has %s to %s', l.committed_offset, w.floor_offset, w.end_offset)
                  when a.high_offset > w.end_offset then format('offset %s was committed once, the partition ends at %s', a.high_offset, w.end_offset)
                  when l.epoch > a.epoch then format('the newest commit is of epoch %s, the assignment of epoch %s', l.epoch, a.epoch)
                end
              from wanted w
              full join stream.assignments a on a.group_id = w.group_id and a.partition_id = w.partition_id
              full join (select n.* from laid n where n.newest) l
                on l.group_id = coalesce(w.group_id, a.group_id) and l.partition_id = coalesce(w.partition_id, a.partition_id)
            ), differences as (
              select format('%s/%s: %s', coalesce(g.name, 'group ' || f.group_id), f.partition_id, f.what) as what
              from found f
              left join stream.groups g on g.group_id = f.group_id
              where f.what is not null
            )
            select
              (select count(*) from wanted),
              (select count(*) from differences),
              array(select d.what from differences d order by d.what limit 10)
            """;

    static final List<Recount> ALL = List.of(
            new Recount("offsets", "Batches of each partition follow one another without gap or overlap", OFFSETS),
            new Recount("groups", "Committed offsets lie within their partitions, one commit after the other", GROUPS));
}
