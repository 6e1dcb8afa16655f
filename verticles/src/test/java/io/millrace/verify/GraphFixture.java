package io.millrace.verify;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * A database as the stages leave it, made by SQL alone: what a stage keeps incrementally is computed here from everything
 * at once, in another way than the verification recounts it. Each method is what one stage does with all that it has not
 * read yet, so that a test can stop anywhere on the way.
 *
 * <p>A document has two chunks of three entities and two relationships each. Names come in two spellings, types are told
 * by some, descriptions differ; the first entities are in many documents, others in few.
 */
final class GraphFixture {

    private final Connection connection;
    private int documents;

    private GraphFixture(Connection connection) {
        this.connection = connection;
    }

    static GraphFixture on(Connection connection) throws SQLException {
        var fixture = new GraphFixture(connection);
        fixture.execute(TOPICS);
        fixture.execute(TOLD);
        return fixture;
    }

    /** So many documents, from posting to statistics, in two waves, with a new segment of the log between them. */
    GraphFixture complete(int count) throws SQLException {
        accept(count / 2);
        chunk();
        extract();
        fold();
        execute("select stream.create_segment(t.topic_id, '-infinity') from stream.topics t");
        accept(count - count / 2);
        chunk();
        extract();
        fold();
        count();
        sweep();
        return this;
    }

    void execute(String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static final String TOPICS = """
            select stream.create_topic(n.name, 2)
            from unnest(array['documents', 'chunks', 'mentions', 'changes', 'mentions.dead-letters']) n (name);
            select stream.create_group(n.name, t.topic_id)
            from (values ('chunk', 'documents'), ('extract', 'chunks'), ('graph', 'mentions'), ('stats', 'changes')) n (name, topic)
            join stream.topics t on t.name = n.topic;
            """;

    /** What the fixture says that the documents say, and of it what it has folded. */
    private static final String TOLD = """
            create temp table chunk_of (document int, n int, workspace text, document_id uuid, job_id uuid, chunk_id uuid, uri text);
            create temp table folded (
              workspace text, kind text, chunk uuid, entity uuid, relationship uuid, source uuid, target uuid, name text, type text,
              description text, evidence int);
            create temp table offered (partition_id int, key text, value text, place bigint);
            create function pg_temp.owner(entity uuid) returns int language sql immutable
            return get_byte(uuid_send(entity), 15) % 2;
            """;

    /** Appends what table {@code offered} holds, seven records a batch. */
    private static final String APPEND = """
            select stream.append(b.topic_id, b.partition_id, gen_random_uuid(), b.bytes, b.keys, b.values, null, 9223372036854775807)
            from (
              select t.topic_id, o.partition_id, o.batch, sum(length(o.value))::int as bytes,
                array_agg(convert_to(o.key, 'UTF8') order by o.place) as keys,
                array_agg(convert_to(o.value, 'UTF8') order by o.place) as values
              from (
                select n.*, (row_number() over (partition by n.partition_id order by n.place) - 1) / 7 as batch
                from offered n) o
              join stream.topics t on t.name = '{topic}'
              group by t.topic_id, o.partition_id, o.batch
              order by t.topic_id, o.partition_id, o.batch
            ) b;
            truncate offered;
            """;

    /** Commits that a group has read everything in a partition, where it has not yet. */
    private static final String COMMIT = """
            insert into stream.commits (group_id, partition_id, sequence, committed_offset, epoch, committed_at)
            select g.group_id, a.partition_id, c.sequence + 1, stream.end_offset(g.topic_id, a.partition_id), a.epoch, clock_timestamp()
            from stream.groups g
            join stream.assignments a on a.group_id = g.group_id
            cross join lateral stream.committed(g.group_id, a.partition_id) c
            where g.name = '{group}' and a.partition_id in ({partitions}) and c.committed_offset < stream.end_offset(g.topic_id, a.partition_id)
            """;

    private void append(String topic) throws SQLException {
        execute(APPEND.replace("{topic}", topic));
    }

    private void commit(String group) throws SQLException {
        commit(group, "0, 1");
    }

    private void commit(String group, String partitions) throws SQLException {
        execute(COMMIT.replace("{group}", group).replace("{partitions}", partitions));
    }

    private static final String ACCEPT = """
            create temp table accepted as
            select i as document, 'https://example.org/' || i as uri, case when i % 4 = 0 then 'other' else 'default' end as workspace,
              md5('document' || i)::uuid as document_id, md5('job' || i)::uuid as job_id
            from generate_series({from}, {to}) i;
            insert into jobs.job_status (id, workspace, job_type, source_uri, document_id, fingerprint)
            select a.job_id, a.workspace, 'ingest_doc', a.uri, a.document_id, '\\x00' from accepted a;
            insert into offered
            select a.document % 2, a.workspace || '/' || a.uri, json_build_object('job_id', a.job_id, 'content', 'text'), a.document
            from accepted a;
            insert into chunk_of
            select a.document, n, a.workspace, a.document_id, a.job_id, md5('chunk' || a.document || '/' || n)::uuid, a.uri
            from accepted a
            cross join generate_series(0, 1) n;
            drop table accepted;
            """;

    void accept(int count) throws SQLException {
        execute(ACCEPT.replace("{from}", Integer.toString(documents + 1))
                .replace("{to}", Integer.toString(documents + count)));
        documents += count;
        append("documents");
    }

    private static final String CHUNK = """
            create temp table arrived as
            select c.* from chunk_of c where not exists (select from jobs.chunks s where s.chunk_id = c.chunk_id);
            insert into jobs.documents (document_id, workspace, source_uri, version, fingerprint, content_type, job_id, chunk_ids, created_at, updated_at)
            select a.document_id, a.workspace, a.uri, a.document, '\\x00', 'text/plain', a.job_id, array_agg(a.chunk_id order by a.n), now(), now()
            from arrived a
            group by a.document_id, a.workspace, a.uri, a.document, a.job_id;
            insert into jobs.chunks (chunk_id, document_id, job_id, overlap, content, supplied, created_at)
            select a.chunk_id, a.document_id, a.job_id, a.n * 3, 'öäü ' || a.document || '/' || a.n, case when a.document % 2 = 0 then '{}' end, now()
            from arrived a;
            insert into offered
            select a.document % 2, a.workspace || '/' || a.uri, json_build_object('job', a.job_id, 'chunk', a.chunk_id), 2 * a.document + a.n
            from arrived a;
            insert into jobs.progress (kind, job_ids, counts)
            select 'chunked', array_agg(a.job_id), array_agg(2) from arrived a where a.n = 0 having count(*) > 0;
            drop table arrived;
            """;

    void chunk() throws SQLException {
        execute(CHUNK);
        append("chunks");
        commit("chunk");
    }

    /** Slots of a chunk: an entity that many know, one that some know, one that few know. */
    private static final String MENTION = """
            create temp table arrived as
            select c.* from chunk_of c
            join jobs.chunks s on s.chunk_id = c.chunk_id
            where not exists (select from lightrag.chunk_extractions x where x.chunk_id = c.chunk_id);
            create temp table mentioned as
            select a.chunk_id, a.workspace, a.document, e.slot, e.number, md5('entity' || a.workspace || e.number)::uuid as entity
            from arrived a
            cross join lateral (values
              (0, a.document % 3), (1, 10 + (7 * a.document + 3 * a.n) % 40), (2, 100 + (13 * a.document + a.n) % 5000)) e (slot, number);
            insert into offered
            select pg_temp.owner(m.entity), m.workspace || '/' || m.entity,
              json_strip_nulls(json_build_object('chunk', m.chunk_id, 'entity', json_build_object(
                'name', case when m.document % 3 = 0 then 'ENTITY ' else 'Entity ' end || m.number,
                'type', case when m.document % 5 > 0 and m.number % 10 > 0 then case when m.document % 2 = 0 then 'person' else 'place' end end,
                'description', case when m.document % 2 = 0 then 'Seen with ' || m.document % 4 end,
                'evidence', 100000 + m.document % 7, 'occurrences', 1))), m.document
            from mentioned m;
            create temp table related as
            select s.chunk_id, s.workspace, s.document, s.entity as source, t.entity as target, r.type,
              md5(s.entity || r.type || t.entity)::uuid as relationship
            from (values (0, 1, 'knows'), (1, 2, 'works_for')) r (source, target, type)
            join mentioned s on s.slot = r.source
            join mentioned t on t.slot = r.target and t.chunk_id = s.chunk_id;
            insert into offered
            select pg_temp.owner(r.source), r.workspace || '/' || r.source,
              json_strip_nulls(json_build_object('chunk', r.chunk_id, 'relationships', json_build_array(json_build_object(
                'id', r.relationship, 'target', r.target, 'type', r.type, 'description', case when r.document % 4 > 0 then 'Told by ' || r.document % 4 end,
                'evidence', 200000 + r.document % 5)))), r.document
            from related r
            union all
            select pg_temp.owner(r.target), r.workspace || '/' || r.target,
              json_build_object('chunk', r.chunk_id, 'ends', json_build_array(r.relationship)), r.document
            from related r;
            """;

    private static final String EXTRACTED = """
            insert into lightrag.extractions (extraction_key, configuration, result)
            select md5('extraction' || a.chunk_id)::uuid, 'local', '{}' from arrived a where a.document % 2 = 1;
            insert into lightrag.chunk_extractions (chunk_id, extraction_key, entities, relationships, created_at)
            select a.chunk_id, case when a.document % 2 = 1 then md5('extraction' || a.chunk_id)::uuid end, 3, 2, now() from arrived a;
            insert into jobs.progress (kind, job_ids, counts, ends)
            select 'extracted', array_agg(a.job_id), array_agg(2),
              (select array_agg(stream.end_offset(p.topic_id, p.partition_id) order by p.partition_id)
               from stream.topics t join stream.partitions p on p.topic_id = t.topic_id where t.name = 'mentions')
            from arrived a where a.n = 0 having count(*) > 0;
            drop table arrived, mentioned, related;
            """;

    void extract() throws SQLException {
        execute(MENTION);
        append("mentions");
        execute(EXTRACTED);
        commit("extract");
    }

    /** A mention that is in the dead-letter topic was never folded. */
    private static final String FOLD = """
            create temp table entities_before as select * from lightrag.entity_state;
            create temp table relationships_before as select * from lightrag.relationship_state;
            create temp table arrived as
            with reached as materialized (
              select l."partition", l.committed_offset from stream.lag l where l."group" = 'graph'
            )
            select m.*
            from stream.records r
            join reached l on l."partition" = r."partition"
            cross join lateral lightrag.read_mentions(r.key, r.value) m
            where r.topic = 'mentions' and r."partition" in ({partitions}) and r."offset" >= l.committed_offset
              and r.value not in (select d.value from stream.records d where d.topic = 'mentions.dead-letters');
            insert into folded select * from arrived;
            insert into lightrag.entity_mentions
            select f.entity, f.chunk, f.name, f.type, f.description, f.evidence, 1 from arrived f where f.kind = 'entity';
            insert into lightrag.relationship_mentions
            select f.relationship, f.chunk, f.description, f.evidence from arrived f where f.kind = 'relationship';
            insert into lightrag.relationship_ends
            select f.target, f.relationship, f.chunk from arrived f where f.kind = 'end';
            """;

    private static final String GRAPH = """
            truncate lightrag.entity_state, lightrag.relationship_state, lightrag.votes;
            create temp table ranked as
            select v.*, row_number() over (partition by v.subject, v.kind order by v.votes desc, v.value collate "C") as place
            from (
              select c.subject, c.kind, c.value, count(*) as votes
              from (
                select f.entity as subject, 'name' as kind, f.name as value from folded f where f.kind = 'entity'
                union all select f.entity, 'type', f.type from folded f where f.kind = 'entity'
                union all select coalesce(f.entity, f.relationship), 'description', f.description from folded f) c
              where c.value is not null
              group by c.subject, c.kind, c.value) v;
            analyze folded, ranked;
            insert into lightrag.votes
            select r.subject, r.kind, md5(r.value)::uuid, r.value, r.votes from ranked r where r.place > 1;
            insert into lightrag.relationship_state
            select f.relationship, f.workspace, f.source, f.target, f.type, d.value, coalesce(d.votes, 0), count(*), sum(f.evidence), now(), now()
            from folded f
            left join ranked d on d.subject = f.relationship and d.kind = 'description' and d.place = 1
            where f.kind = 'relationship'
            group by f.relationship, f.workspace, f.source, f.target, f.type, d.value, d.votes;
            insert into lightrag.entity_state
            select e.id, e.workspace, coalesce(n.value, ''), coalesce(n.votes, 0), coalesce(t.value, 'UNKNOWN'), coalesce(t.votes, 0),
              d.value, coalesce(d.votes, 0), coalesce(m.mentions, 0), coalesce(m.evidence, 0), coalesce(o.degree, 0), coalesce(i.degree, 0), now(), now()
            from (
              select f.workspace, f.entity as id from folded f where f.kind = 'entity'
              union select f.workspace, f.source from folded f where f.kind = 'relationship'
              union select f.workspace, f.target from folded f where f.kind = 'end') e
            left join ranked n on n.subject = e.id and n.kind = 'name' and n.place = 1
            left join ranked t on t.subject = e.id and t.kind = 'type' and t.place = 1
            left join ranked d on d.subject = e.id and d.kind = 'description' and d.place = 1
            left join (select f.entity, count(*) as mentions, sum(f.evidence) as evidence from folded f group by 1) m on m.entity = e.id
            left join (select f.source, count(distinct f.relationship) as degree from folded f group by 1) o on o.source = e.id
            left join (select f.target, count(distinct f.relationship) as degree from folded f where f.kind = 'end' group by 1) i on i.target = e.id;
            """;

    private static final String CHANGES = """
            create temp table changed as
            select e.workspace, pg_temp.owner(e.id) as partition_id, 'entity' as kind,
              json_build_object('id', e.id, 'name', e.name, 'type', e.entity_type, 'description', e.description,
                'degree', e.out_degree + e.in_degree, 'created', b.id is null, 'typeBefore', b.entity_type,
                'degreeBefore', coalesce(b.out_degree + b.in_degree, 0)) as change
            from lightrag.entity_state e
            left join entities_before b on b.id = e.id
            where (b.name, b.entity_type, b.description, b.out_degree + b.in_degree)
              is distinct from (e.name, e.entity_type, e.description, e.out_degree + e.in_degree)
            union all
            select r.workspace, pg_temp.owner(r.source_entity_id), 'relationship',
              json_build_object('id', r.id, 'source', r.source_entity_id, 'target', r.target_entity_id, 'type', r.relationship_type,
                'created', true)
            from lightrag.relationship_state r
            where not exists (select from relationships_before b where b.id = r.id)
            union all
            select a.workspace, pg_temp.owner(coalesce(a.entity, a.source)), 'mention of ' || a.kind, null
            from arrived a
            where a.kind <> 'end';
            insert into offered
            select c.partition_id, c.workspace, json_build_object('workspace', c.workspace,
              'entities', coalesce(json_agg(c.change) filter (where c.kind = 'entity'), '[]'),
              'relationships', coalesce(json_agg(c.change) filter (where c.kind = 'relationship'), '[]'),
              'entityMentions', count(*) filter (where c.kind = 'mention of entity'),
              'relationshipMentions', count(*) filter (where c.kind = 'mention of relationship')), 0
            from changed c
            group by c.partition_id, c.workspace;
            drop table arrived, changed, ranked, entities_before, relationships_before;
            """;

    void fold() throws SQLException {
        fold("0, 1");
    }

    /** Folds what these partitions have, a list with commas. */
    void fold(String partitions) throws SQLException {
        execute(FOLD.replace("{partitions}", partitions));
        execute(GRAPH);
        execute(CHANGES);
        append("changes");
        commit("graph", partitions);
    }

    private static final String COUNT = """
            create temp table arrived as
            with reached as materialized (
              select l."partition", l.committed_offset from stream.lag l where l."group" = 'stats'
            )
            select r."partition" as partition_id, r."timestamp" as at, m.*
            from stream.records r
            join reached l on l."partition" = r."partition"
            cross join lateral jsonb_to_record(convert_from(r.value, 'UTF8')::jsonb)
              m (workspace text, entities jsonb, relationships jsonb, "entityMentions" bigint, "relationshipMentions" bigint)
            where r.topic = 'changes' and r."offset" >= l.committed_offset;
            insert into lightrag.counters
            select c.partition_id, c.workspace, c.name, c.key, sum(c.value), now()
            from (
              select a.partition_id, a.workspace as workspace, n.name, n.key, n.value
              from arrived a
              cross join lateral (values
                ('entity_mentions', '', a."entityMentions"),
                ('relationship_mentions', '', a."relationshipMentions")) n (name, key, value)
              union all
              select a.partition_id, a.workspace, n.name, n.key, n.value
              from arrived a
              cross join lateral jsonb_array_elements(a.entities) e
              cross join lateral (values
                ('entities', '', (e ->> 'created')::boolean::int),
                ('entity_type', e ->> 'type', 1),
                ('entity_type', e ->> 'typeBefore', -1),
                ('degree', e ->> 'degree', 1),
                ('degree', case when not (e ->> 'created')::boolean then e ->> 'degreeBefore' end, -1)) n (name, key, value)
              union all
              select a.partition_id, a.workspace, n.name, n.key, 1
              from arrived a
              cross join lateral jsonb_array_elements(a.relationships) r
              cross join lateral (values ('relationships', ''), ('relationship_type', r ->> 'type')) n (name, key)) c
            where c.key is not null
            group by c.partition_id, c.workspace, c.name, c.key
            on conflict (partition_id, workspace, name, key) do update set value = counters.value + excluded.value;
            insert into lightrag.growth
            select a.partition_id, a.workspace, g.grain, date_trunc(g.grain, a.at, 'UTC'),
              sum((select count(*) from jsonb_array_elements(a.entities) e where (e ->> 'created')::boolean)),
              sum(jsonb_array_length(a.relationships)),
              sum(a."entityMentions" + a."relationshipMentions")
            from arrived a
            cross join (values ('minute'), ('hour'), ('day')) g (grain)
            group by 1, 2, 3, 4
            on conflict (workspace, grain, starts_at, partition_id) do update
            set entities = growth.entities + excluded.entities, relationships = growth.relationships + excluded.relationships,
              mentions = growth.mentions + excluded.mentions;
            truncate lightrag.top_entities;
            insert into lightrag.top_entities
            select e.partition_id, e.workspace, e.id, e.name, e.degree
            from (
              select s.*, s.out_degree + s.in_degree as degree, pg_temp.owner(s.id) as partition_id,
                row_number() over (partition by s.workspace, pg_temp.owner(s.id) order by s.out_degree + s.in_degree desc, s.id) as place
              from lightrag.entity_state s) e
            where e.place <= 100 and e.degree > 0;
            drop table arrived;
            """;

    void count() throws SQLException {
        execute(COUNT);
        commit("stats");
    }

    private static final String SWEEP = """
            insert into jobs.totals (workspace, name, value)
            select s.workspace, 'jobs_' || s.status, count(*)
            from jobs.sweep('graph') s
            where s.completed_at is not null
            group by s.workspace, s.status
            on conflict (workspace, name) do update set value = totals.value + excluded.value
            """;

    void sweep() throws SQLException {
        execute(SWEEP);
    }
}
