package io.millrace.verify;

import java.util.List;

/** Comparisons of the graph with the mentions that it was folded from. */
final class GraphRecounts {

    private GraphRecounts() {}

    /**
     * Beginning of a statement: {@code pending}, the mentions that are in the log and that the graph has still to read.
     * After a seek some of them were folded before, and so may those be whose header says it; they are marked {@code
     * again}. The batches are chosen before any of
     * them is opened, which {@code materialized} makes sure of: the other way round it would read the whole topic.
     */
    private static final String PENDING = """
            with reached as (
              select p.partition_id, greatest(c.committed_offset, p.floor_offset) as next_offset, coalesce(a.processed, '{}') as processed
              from stream.topics t
              join stream.partitions p on p.topic_id = t.topic_id
              left join stream.groups g on g.topic_id = t.topic_id and g.name = 'graph'
              left join stream.assignments a on a.group_id = g.group_id and a.partition_id = p.partition_id
              left join lateral stream.committed(g.group_id, p.partition_id) c on true
              where t.name = 'mentions'
            ), unread as materialized (
              select b.base_offset, b.keys, b."values", b.headers, r.next_offset, r.processed
              from reached r
              join stream.batches b on b.partition_id = r.partition_id and b.base_offset + b.record_count > r.next_offset
              where b.topic_id = (select t.topic_id from stream.topics t where t.name = 'mentions')
            ), pending as materialized (
              select m.kind, m.chunk as chunk_id, coalesce(m.entity, m.relationship) as subject_id, m.target as target_id,
                u.processed @> (u.base_offset + v.ordinality - 1)
                  or coalesce(position('millrace-again'::bytea in u.headers[v.ordinality]) > 0, false) as again
              from unread u
              cross join lateral unnest(u.keys, u."values") with ordinality v (key, value, ordinality)
              left join lateral lightrag.read_mentions(v.key, v.value) m on true
              where u.base_offset + v.ordinality - 1 >= u.next_offset
            )""";

    /**
     * A mention that went to the dead-letter topic is neither folded nor pending, and its job has failed: it counts as
     * where it is. One that is read again after a seek may be in two places, and counts once.
     */
    private static final String EFFECTS = PENDING + """
            , perhaps as (
              select p.kind, p.chunk_id, p.subject_id, p.target_id from pending p where p.again
              union
              select m.kind, m.chunk, coalesce(m.entity, m.relationship), m.target
              from stream.batches b
              cross join lateral unnest(b.keys, b."values") v (key, value)
              left join lateral lightrag.read_mentions(v.key, v.value) m on true
              where b.topic_id = (select t.topic_id from stream.topics t where t.name = 'mentions.dead-letters')
              except
              select p.kind, p.chunk_id, p.subject_id, p.target_id from pending p where not p.again
            ), elsewhere as (
              select p.kind, p.chunk_id from pending p where not p.again
              union all
              select p.kind, p.chunk_id
              from perhaps p
              where not exists (
                  select from lightrag.entity_mentions m
                  where p.kind = 'entity' and m.entity_id = p.subject_id and m.chunk_id = p.chunk_id)
                and not exists (
                  select from lightrag.relationship_mentions m
                  where p.kind = 'relationship' and m.relationship_id = p.subject_id and m.chunk_id = p.chunk_id)
                and not exists (
                  select from lightrag.relationship_ends m
                  where p.kind = 'end' and m.entity_id = p.target_id and m.relationship_id = p.subject_id and m.chunk_id = p.chunk_id)
            ), recounted as (
              select u.chunk_id, sum(u.entities) as entities, sum(u.relationships) as relationships, sum(u.ends) as ends
              from (
                select m.chunk_id, count(*) as entities, 0 as relationships, 0 as ends from lightrag.entity_mentions m group by m.chunk_id
                union all
                select m.chunk_id, 0, count(*), 0 from lightrag.relationship_mentions m group by m.chunk_id
                union all
                select m.chunk_id, 0, 0, count(*) from lightrag.relationship_ends m group by m.chunk_id
                union all
                select e.chunk_id, count(*) filter (where e.kind = 'entity'), count(*) filter (where e.kind = 'relationship'),
                  count(*) filter (where e.kind = 'end')
                from elsewhere e
                group by e.chunk_id
              ) u
              group by u.chunk_id
            ), found (what) as (
              select
                case
                  when x.chunk_id is null and r.chunk_id is null then 'records that wait for the graph hold no mentions'
                  when x.chunk_id is null then format('chunk %s has mentions, but was never extracted', r.chunk_id)
                  when c.chunk_id is null then format('chunk %s has mentions, but is not stored', x.chunk_id)
                  when (coalesce(r.entities, 0), coalesce(r.relationships, 0), coalesce(r.ends, 0)) <> (x.entities, x.relationships, x.relationships)
                    then format('chunk %s sent on %s entities and %s relationships, there are %s, %s and %s ends', x.chunk_id,
                      x.entities, x.relationships, coalesce(r.entities, 0), coalesce(r.relationships, 0), coalesce(r.ends, 0))
                end
              from recounted r
              full join lightrag.chunk_extractions x on x.chunk_id = r.chunk_id
              left join jobs.chunks c on c.chunk_id = x.chunk_id
            ), differences as (
              select f.what from found f where f.what is not null
            )
            select
              (select count(*) from lightrag.chunk_extractions),
              (select count(*) from differences),
              array(select d.what from differences d order by d.what limit 10)
            """;

    private static final String ENTITIES = PENDING + """
            , recounted as (
              select u.id, sum(u.mentions) as mentions, sum(u.evidence) as evidence, sum(u.out_degree) as out_degree, sum(u.in_degree) as in_degree
              from (
                select m.entity_id as id, count(*) as mentions, sum(m.evidence) as evidence, 0 as out_degree, 0 as in_degree
                from lightrag.entity_mentions m
                group by m.entity_id
                union all
                select r.source_entity_id, 0, 0, count(*), 0
                from lightrag.relationship_state r
                group by r.source_entity_id
                union all
                select e.entity_id, 0, 0, 0, count(*)
                from (select distinct n.entity_id, n.relationship_id from lightrag.relationship_ends n) e
                group by e.entity_id
              ) u
              group by u.id
            ), found (what) as (
              select
                case
                  when e.id is null then format('entity %s is not there, and has %s mentions, %s relationships out and %s in',
                    r.id, r.mentions, r.out_degree, r.in_degree)
                  when (e.mentions, e.evidence) is distinct from (coalesce(r.mentions, 0), coalesce(r.evidence, 0))
                    then format('entity %s %L: %s mentions with evidence %s, recounted %s with %s', e.id, e.name,
                      e.mentions, e.evidence, coalesce(r.mentions, 0), coalesce(r.evidence, 0))
                  when (e.out_degree, e.in_degree) is distinct from (coalesce(r.out_degree, 0), coalesce(r.in_degree, 0))
                    then format('entity %s %L: %s relationships out and %s in, recounted %s and %s', e.id, e.name,
                      e.out_degree, e.in_degree, coalesce(r.out_degree, 0), coalesce(r.in_degree, 0))
                  when e.mentions = 0 and not exists (select from pending p where p.kind = 'entity' and p.subject_id = e.id)
                    then format('entity %s %L is mentioned nowhere', e.id, e.name)
                end
              from recounted r
              full join lightrag.entity_state e on e.id = r.id
            ), differences as (
              select f.what from found f where f.what is not null
            )
            select
              (select count(*) from lightrag.entity_state),
              (select count(*) from differences),
              array(select d.what from differences d order by d.what limit 10)
            """;

    /**
     * Winners and the votes for others, taken together, are the votes that were cast; and no other beats its winner. That
     * says the same as sorting each subject's votes, and needs no sort. A winner that nobody voted for is one only where it
     * differs from what stands there when there is none.
     */
    private static final String VOTES = """
            with cast_votes as (
              select m.entity_id as subject_id, v.kind, v.value, count(*) as votes
              from lightrag.entity_mentions m
              cross join lateral (values ('name', m.name), ('type', m.entity_type), ('description', m.description)) v (kind, value)
              where v.value is not null
              group by m.entity_id, v.kind, v.value
              union all
              select m.relationship_id, 'description', m.description, count(*)
              from lightrag.relationship_mentions m
              where m.description is not null
              group by m.relationship_id, m.description
            ), winners as (
              select e.id as subject_id, v.kind, v.value, v.votes
              from lightrag.entity_state e
              cross join lateral (values
                ('name', e.name, e.name_votes, ''),
                ('type', e.entity_type, e.type_votes, 'UNKNOWN'),
                ('description', e.description, e.description_votes, null)) v (kind, value, votes, by_default)
              where v.votes <> 0 or v.value is distinct from v.by_default
              union all
              select r.id, 'description', r.description, r.description_votes
              from lightrag.relationship_state r
              where r.description_votes <> 0 or r.description is not null
            ), kept as (
              select w.subject_id, w.kind, w.value, w.votes from winners w
              union all
              select v.subject_id, v.kind, v.value, v.votes from lightrag.votes v
            ), differences (what) as (
              select format('%s of %s: %s votes for %L, recounted %s', coalesce(k.kind, c.kind), coalesce(k.subject_id, c.subject_id),
                coalesce(k.votes, 0), left(coalesce(k.value, c.value), 60), coalesce(c.votes, 0))
              from kept k
              full join cast_votes c on c.subject_id = k.subject_id and c.kind = k.kind and c.value = k.value
              where k.votes is distinct from c.votes
              union all
              select format('%s of %s: %L with %s votes does not win over %L with %s', v.kind, v.subject_id, left(v.value, 60), v.votes,
                left(w.value, 60), coalesce(w.votes, 0))
              from lightrag.votes v
              left join winners w on w.subject_id = v.subject_id and w.kind = v.kind
              where w.subject_id is null or v.votes > w.votes or (v.votes = w.votes and v.value collate "C" <= w.value collate "C")
              union all
              select format('%s of %s: the hash of %L is %s', v.kind, v.subject_id, left(v.value, 60), v.value_hash)
              from lightrag.votes v
              where v.value_hash <> md5(v.value)::uuid
            )
            select
              (select count(*) from kept),
              (select count(*) from differences),
              array(select d.what from differences d order by d.what limit 10)
            """;

    private static final String RELATIONSHIPS = """
            with recounted as (
              select m.relationship_id as id, count(*) as mentions, sum(m.evidence) as evidence
              from lightrag.relationship_mentions m
              group by m.relationship_id
            ), differences (what) as (
              select
                case
                  when s.id is null then format('relationship %s is not there, and has %s mentions', r.id, r.mentions)
                  else format('relationship %s: %s mentions with evidence %s, recounted %s with %s', s.id, s.mentions, s.evidence,
                    coalesce(r.mentions, 0), coalesce(r.evidence, 0))
                end
              from recounted r
              full join lightrag.relationship_state s on s.id = r.id
              where (s.mentions, s.evidence) is distinct from (r.mentions, r.evidence)
            )
            select
              (select count(*) from lightrag.relationship_state),
              (select count(*) from differences),
              array(select d.what from differences d order by d.what limit 10)
            """;

    private static final String ENDS = PENDING + """
            , ends as (
              select distinct e.entity_id, e.relationship_id from lightrag.relationship_ends e
            ), found (what) as (
              select
                case
                  when s.id is null and not exists (select from pending p where p.kind = 'entity' and p.subject_id = r.source_entity_id)
                    then format('relationship %s: its source %s is not there', r.id, r.source_entity_id)
                  when t.id is null and not exists (select from pending p where p.kind = 'entity' and p.subject_id = r.target_entity_id)
                    then format('relationship %s: its target %s is not there', r.id, r.target_entity_id)
                  when s.workspace <> r.workspace or t.workspace <> r.workspace
                    then format('relationship %s of workspace %s: its ends are of %s and %s', r.id, r.workspace, s.workspace, t.workspace)
                end
              from lightrag.relationship_state r
              left join lightrag.entity_state s on s.id = r.source_entity_id
              left join lightrag.entity_state t on t.id = r.target_entity_id
              union all
              select
                case
                  when e.relationship_id is null and not exists (select from pending p where p.kind = 'end' and p.subject_id = r.id)
                    then format('relationship %s: its target %s does not know it', r.id, r.target_entity_id)
                  when r.id is null and not exists (select from pending p where p.kind = 'relationship' and p.subject_id = e.relationship_id)
                    then format('relationship %s is not there, and entity %s counts it', e.relationship_id, e.entity_id)
                end
              from lightrag.relationship_state r
              full join ends e on e.relationship_id = r.id and e.entity_id = r.target_entity_id
              where r.id is null or e.relationship_id is null
            ), differences as (
              select f.what from found f where f.what is not null
            )
            select
              (select count(*) from lightrag.relationship_state),
              (select count(*) from differences),
              array(select d.what from differences d order by d.what limit 10)
            """;

    static final List<Recount> ALL = List.of(
            new Recount("effects", "Each chunk's mentions are in the graph or on their way, once", EFFECTS),
            new Recount("entities", "Entities add up to their mentions and relationships", ENTITIES),
            new Recount("votes", "Names, types and descriptions are the ones with most votes", VOTES),
            new Recount("relationships", "Relationships add up to their mentions", RELATIONSHIPS),
            new Recount("ends", "Relationships have both of their ends, and the ends know of them", ENDS));
}
