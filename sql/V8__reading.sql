-- What reading needs: indexes for lists that go on where a page ended, versions of documents, outcomes of dead letters,
-- statistics whose number of rows does not grow with the graph, and views for dashboards.

-- Jobs --------------------------------------------------------------------------------------------------------------

-- Lists of a workspace's jobs, newest first, a page behind the last one: all, of a status, of a type, of a document. Those
-- of a status or type begin with the workspace now; job_status_created_at_idx serves what is asked across workspaces.
create index job_status_workspace_idx on jobs.job_status (workspace, created_at, id);
create index job_status_document_idx on jobs.job_status (document_id, created_at, id);
drop index jobs.job_status_status_idx;
create index job_status_status_idx on jobs.job_status (workspace, status, created_at, id);
drop index jobs.job_status_job_type_idx;
create index job_status_job_type_idx on jobs.job_status (workspace, job_type, created_at, id);

create table jobs.document_versions (
  document_id uuid not null,
  version bigint not null,
  job_id uuid not null,
  content_type text not null,
  chunks int not null,
  created_at timestamptz not null,
  constraint document_versions_pkey primary key (document_id, version)
);
comment on table jobs.document_versions is
  'Every version that a document has had, written by the chunk stage. version is the offset of the record in topic documents, created_at when the log took it in.';
insert into jobs.document_versions (document_id, version, job_id, content_type, chunks, created_at)
select d.document_id, d.version, d.job_id, d.content_type, cardinality(d.chunk_ids), d.updated_at from jobs.documents d;

-- The log -----------------------------------------------------------------------------------------------------------

create or replace function stream.offset_at(p_topic_id int, p_partition_id int, p_time timestamptz) returns bigint
language plpgsql stable as $$
declare
  segment record;
  batch record;
  low bigint;
  high bigint;
begin
  for segment in
    select s.segment_id, s.base_offset,
      coalesce(lead(s.base_offset) over (order by s.segment_id), stream.end_offset(s.topic_id, s.partition_id)) as end_offset
    from stream.segment_starts s
    where s.topic_id = p_topic_id and s.partition_id = p_partition_id
    order by s.segment_id
  loop
    -- Times never run backwards within a partition, so halving finds it; walking read every batch before it. What is before
    -- low is earlier than p_time, what is from high on is not.
    low := segment.base_offset;
    high := segment.end_offset;
    while low < high loop
      execute format(
        'select b.base_offset, b.record_count, b.created_at from stream.%I b where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = $3 and b.base_offset <= $4 order by b.base_offset desc limit 1',
        stream.segment_table(p_topic_id, segment.segment_id))
      into batch
      using p_topic_id, segment.segment_id, p_partition_id, low + (high - low) / 2;
      if batch.created_at < p_time then
        low := batch.base_offset + batch.record_count;
      else
        high := batch.base_offset;
      end if;
    end loop;
    if low < segment.end_offset then
      return low;
    end if;
  end loop;
  return stream.end_offset(p_topic_id, p_partition_id);
end $$;

create view stream.topic_partitions as
select t.name as topic, p.partition_id as "partition", b.begin_offset, e.end_offset, e.end_offset - b.begin_offset as records, e.created_at as last_record_at
from stream.topics t
join stream.partitions p on p.topic_id = t.topic_id
cross join lateral (
  select coalesce(min(s.base_offset), p.floor_offset) as begin_offset
  from stream.segment_starts s where s.topic_id = p.topic_id and s.partition_id = p.partition_id
) b
cross join lateral stream.tail(p.topic_id, p.partition_id) e;
comment on view stream.topic_partitions is 'Where each partition of each topic begins and ends. Costs a look-up a partition, whatever it holds.';

create table stream.dead_letter_outcomes (
  topic_id int not null,
  partition_id int not null,
  record_offset bigint not null,
  outcome text not null,
  decided_at timestamptz not null default clock_timestamp(),
  constraint dead_letter_outcomes_pkey primary key (topic_id, partition_id, record_offset),
  constraint dead_letter_outcomes_topic_fkey foreign key (topic_id) references stream.topics (topic_id) on delete cascade,
  constraint dead_letter_outcomes_outcome_check check (outcome in ('retried', 'dropped'))
);
comment on table stream.dead_letter_outcomes is
  'What was decided about a dead letter, by its place in the dead-letter topic. The key is what makes a retry happen once: it is inserted in the transaction that appends the record again.';

create function stream.read_varint(p_bytes bytea, inout p_at int, out value int)
language plpgsql immutable parallel safe as $$
declare
  next int;
  raw bigint := 0;
  shift int := 0;
begin
  loop
    next := get_byte(p_bytes, p_at);
    p_at := p_at + 1;
    raw := raw | ((next & 127)::bigint << shift);
    exit when next < 128;
    shift := shift + 7;
  end loop;
  value := (raw >> 1) # -(raw & 1);
end $$;
comment on function stream.read_varint is 'The zigzag varint at a place, and the place behind it.';

create function stream.header(p_headers bytea, p_name text) returns bytea
language plpgsql immutable parallel safe as $$
declare
  at int := 0;
  remaining int;
  length int;
  name bytea;
  found bytea;
begin
  if p_headers is null then
    return null;
  end if;
  select v.p_at, v.value into at, remaining from stream.read_varint(p_headers, at) v;
  while remaining > 0 loop
    select v.p_at, v.value into at, length from stream.read_varint(p_headers, at) v;
    name := substring(p_headers from at + 1 for length);
    at := at + length;
    select v.p_at, v.value into at, length from stream.read_varint(p_headers, at) v;
    if name = convert_to(p_name, 'UTF8') then
      found := case when length >= 0 then substring(p_headers from at + 1 for length) end;
    end if;
    at := at + greatest(length, 0);
    remaining := remaining - 1;
  end loop;
  return found;
end $$;
comment on function stream.header is 'The value of a header in a header block of the log, the last one of that name; null when there is none.';

create view stream.dead_letters as
select left(r.topic, -length('.dead-letters')) as topic, r."partition", r."offset", r."timestamp",
  convert_from(stream.header(r.headers, 'millrace-group'), 'UTF8') as "group",
  convert_from(stream.header(r.headers, 'millrace-reason'), 'UTF8') as reason,
  convert_from(stream.header(r.headers, 'millrace-partition'), 'UTF8')::int as original_partition,
  convert_from(stream.header(r.headers, 'millrace-offset'), 'UTF8')::bigint as original_offset,
  r.key, r.value, coalesce(o.outcome, 'open') as state, o.decided_at
from stream.records r
join stream.topics t on t.name = r.topic
left join stream.dead_letter_outcomes o on o.topic_id = t.topic_id and o.partition_id = r."partition" and o.record_offset = r."offset"
where r.topic like '%.dead-letters';
comment on view stream.dead_letters is 'Records that a group could not process, with the reason. state is open, retried or dropped.';

-- The graph ---------------------------------------------------------------------------------------------------------

-- Neighbours of an entity, all or of a type, a page behind the last one; without the columns behind the entity a page
-- would sort all relationships of a hub.
create index relationship_state_out_idx on lightrag.relationship_state (source_entity_id, relationship_type, id);
create index relationship_state_in_idx on lightrag.relationship_state (target_entity_id, relationship_type, id);
drop index lightrag.relationship_state_source_idx;
drop index lightrag.relationship_state_target_idx;

-- Statistics --------------------------------------------------------------------------------------------------------

-- Read by workspace: by partition first, each read would walk the counters of all workspaces.
alter table lightrag.counters drop constraint counters_pkey;
alter table lightrag.counters add constraint counters_pkey primary key (workspace, name, key, partition_id);
-- The top of a workspace.
create index top_entities_workspace_idx on lightrag.top_entities (workspace);

create function lightrag.degree_bucket(p_degree bigint) returns bigint
language sql immutable parallel safe
return case when p_degree < 16 then p_degree else 1::bigint << (length(ltrim(p_degree::bit(64)::text, '0')) - 1) end;
comment on function lightrag.degree_bucket is
  'The bucket of a degree, named by its lowest: each degree below 16 is one of its own, then each power of two begins one. So the number of counters does not grow with the graph.';

with moved as (
  delete from lightrag.counters c
  where c.name = 'degree' and c.key::bigint <> lightrag.degree_bucket(c.key::bigint)
  returning c.*
)
insert into lightrag.counters (partition_id, workspace, name, key, value, updated_at)
select m.partition_id, m.workspace, m.name, lightrag.degree_bucket(m.key::bigint)::text, sum(m.value), max(m.updated_at)
from moved m
group by m.partition_id, m.workspace, m.name, lightrag.degree_bucket(m.key::bigint)
on conflict (partition_id, workspace, name, key) do update
set value = counters.value + excluded.value;
comment on table lightrag.counters is
  'Counters of the graph, a row a partition of topic changes, which readers sum: entities, relationships, entity_mentions, relationship_mentions (key is empty), entity_type and relationship_type (key: the type), degree (key: the lowest degree of the bucket; value: entities in it).';

create view lightrag.entity_types as
select c.workspace, c.key as entity_type, sum(c.value)::bigint as entities
from lightrag.counters c
where c.name = 'entity_type'
group by c.workspace, c.key
having sum(c.value) <> 0;
comment on view lightrag.entity_types is 'How many entities each workspace has of each type, from the counters.';

create view lightrag.relationship_types as
select c.workspace, c.key as relationship_type, sum(c.value)::bigint as relationships
from lightrag.counters c
where c.name = 'relationship_type'
group by c.workspace, c.key
having sum(c.value) <> 0;
comment on view lightrag.relationship_types is 'How many relationships each workspace has of each type, from the counters.';

create view lightrag.degree_distribution as
select d.workspace, d.bucket as degree_from, case when d.bucket < 16 then d.bucket else 2 * d.bucket - 1 end as degree_to, d.entities
from (
  -- Rounded here as well: a pod of the release before counts each degree by itself.
  select c.workspace, lightrag.degree_bucket(c.key::bigint) as bucket, sum(c.value)::bigint as entities
  from lightrag.counters c
  where c.name = 'degree'
  group by c.workspace, lightrag.degree_bucket(c.key::bigint)
) d
where d.entities <> 0;
comment on view lightrag.degree_distribution is
  'How many entities of each workspace have how many relationships: degree_from to degree_to, one by one below 16, by powers of two from there on.';

create view lightrag.growth_by_period as
select g.workspace, g.grain, g.starts_at, sum(g.entities)::bigint as entities, sum(g.relationships)::bigint as relationships, sum(g.mentions)::bigint as mentions
from lightrag.growth g
group by g.workspace, g.grain, g.starts_at;
comment on view lightrag.growth_by_period is 'What each minute, hour and day (UTC) added to the graph of each workspace. Periods without a change have no row.';

create view lightrag.statistics_history as
select h.workspace, h.taken_at, h.entity_count, h.relationship_count
from lightrag.graph_history h;
comment on view lightrag.statistics_history is 'The counts of each workspace at the end of each minute (UTC) in which its graph changed.';

create or replace view lightrag.current_statistics as
select w.workspace,
  coalesce((select sum(c.value) from lightrag.counters c where c.workspace = w.workspace and c.name = 'entities'), 0)::bigint as entity_count,
  coalesce((select sum(c.value) from lightrag.counters c where c.workspace = w.workspace and c.name = 'relationships'), 0)::bigint as relationship_count,
  (select max(c.updated_at) from lightrag.counters c where c.workspace = w.workspace) as last_updated,
  jsonb_build_object(
    'entity_mentions', coalesce((select sum(c.value) from lightrag.counters c where c.workspace = w.workspace and c.name = 'entity_mentions'), 0),
    'relationship_mentions', coalesce((select sum(c.value) from lightrag.counters c where c.workspace = w.workspace and c.name = 'relationship_mentions'), 0),
    'entity_types', coalesce((select jsonb_object_agg(t.entity_type, t.entities) from lightrag.entity_types t where t.workspace = w.workspace), '{}'),
    'relationship_types', coalesce((select jsonb_object_agg(t.relationship_type, t.relationships) from lightrag.relationship_types t where t.workspace = w.workspace), '{}'),
    'degrees', coalesce((select jsonb_object_agg(d.degree_from, d.entities) from lightrag.degree_distribution d where d.workspace = w.workspace), '{}'),
    'top_entities', coalesce((
      select jsonb_agg(jsonb_build_object('id', t.entity_id, 'name', t.name, 'degree', t.degree) order by t.degree desc, t.entity_id) from (
        select e.entity_id, e.name, e.degree from lightrag.top_entities e
        where e.workspace = w.workspace order by e.degree desc, e.entity_id limit 20) t), '[]')
  ) as statistics
from (select distinct c.workspace from lightrag.counters c) w;

-- What the columns of public views mean, for tools that show comments ----------------------------------------------

comment on column jobs.job_status.id is 'The job''s id, as its sender was told.';
comment on column jobs.job_status.workspace is 'The workspace it was posted to.';
comment on column jobs.job_status.job_type is 'What kind of work it is, as its sender named it, such as crawl_web or ingest_doc.';
comment on column jobs.job_status.status is 'How far it is: queued, processing, completed or failed.';
comment on column jobs.job_status.source_uri is 'The document''s source URI, the whole of it.';
comment on column jobs.job_status.document_id is 'The document: UUIDv5 of workspace and source URI.';
comment on column jobs.job_status.chunks_total is 'Chunks of this version; null until the document was cut.';
comment on column jobs.job_status.chunks_processed is 'Chunks whose contribution is in the graph.';
comment on column jobs.job_status.created_at is 'When it was accepted.';
comment on column jobs.job_status.started_at is 'When the first stage had done its part.';
comment on column jobs.job_status.completed_at is 'When it ended, well or not.';
comment on column jobs.job_status.metadata is 'What the sender said about it, as values.';
comment on column jobs.job_status.metadata_text is 'What the sender said about it, byte for byte.';
comment on column jobs.job_status.error_message is 'Why it failed.';

comment on column jobs.job_results.id is 'The chunk''s id, again.';
comment on column jobs.job_results.job_id is 'The job that brought the chunk first.';
comment on column jobs.job_results.chunk_id is 'The chunk''s id: UUIDv5 of document, text and occurrence.';
comment on column jobs.job_results.source_uri is 'Where its document comes from.';
comment on column jobs.job_results.content is 'Its text, with what it repeats of the chunk before.';
comment on column jobs.job_results.entities_extracted is 'Entities found in it; null until extraction has seen it.';
comment on column jobs.job_results.created_at is 'When the log took its document in.';
comment on column jobs.job_results.metadata is 'What the sender said about the job.';
comment on column jobs.job_results.workspace is 'The workspace of its document.';
comment on column jobs.job_results.document_id is 'Its document.';
comment on column jobs.job_results.overlap is 'How many of its first characters repeat the end of the chunk before.';

comment on column lightrag.entities.id is 'The entity''s id: UUIDv5 of workspace and folded name.';
comment on column lightrag.entities.name is 'The form of the name that was found most often.';
comment on column lightrag.entities.entity_type is 'The type that was found most often; UNKNOWN when nobody told one.';
comment on column lightrag.entities.description is 'The description that was found most often.';
comment on column lightrag.entities.confidence is 'How sure it is that it exists, 0 to 100, from all mentions together.';
comment on column lightrag.entities.source_chunks is 'Ids of the chunks that mention it. A look-up a row.';
comment on column lightrag.entities.metadata is 'Workspace, mentions and degree once more, as JSON.';
comment on column lightrag.entities.created_at is 'When the document that mentioned it first was taken in.';
comment on column lightrag.entities.updated_at is 'When the document that changed it last was taken in.';
comment on column lightrag.entities.workspace is 'The workspace whose graph it is in.';
comment on column lightrag.entities.mentions is 'Chunks that mention it.';
comment on column lightrag.entities.degree is 'Relationships that it has, in and out.';

comment on column lightrag.relationships.id is 'The relationship''s id: UUIDv5 of both entities and its type.';
comment on column lightrag.relationships.source_entity_id is 'The entity that it goes out of.';
comment on column lightrag.relationships.target_entity_id is 'The entity that it leads to.';
comment on column lightrag.relationships.relationship_type is 'Its type.';
comment on column lightrag.relationships.description is 'The description that was found most often.';
comment on column lightrag.relationships.confidence is 'How sure it is that it holds, 0 to 100, from all mentions together.';
comment on column lightrag.relationships.source_chunks is 'Ids of the chunks that tell of it. A look-up a row.';
comment on column lightrag.relationships.metadata is 'Workspace and mentions once more, as JSON.';
comment on column lightrag.relationships.created_at is 'When the document that told of it first was taken in.';
comment on column lightrag.relationships.updated_at is 'When the document that changed it last was taken in.';
comment on column lightrag.relationships.workspace is 'The workspace whose graph it is in.';
comment on column lightrag.relationships.mentions is 'Chunks that tell of it.';

comment on column lightrag.graph_metadata.id is 'Of the row; the current row of a workspace keeps its own.';
comment on column lightrag.graph_metadata.entity_count is 'Entities.';
comment on column lightrag.graph_metadata.relationship_count is 'Relationships.';
comment on column lightrag.graph_metadata.last_updated is 'When this state came about; of history, the minute.';
comment on column lightrag.graph_metadata.statistics is 'Mentions, counts by type, degrees and top entities, as JSON.';
comment on column lightrag.graph_metadata.workspace is 'The workspace.';
comment on column lightrag.graph_metadata.current is 'Whether this is the state now; the others are history.';

comment on column lightrag.current_statistics.workspace is 'The workspace.';
comment on column lightrag.current_statistics.entity_count is 'Entities.';
comment on column lightrag.current_statistics.relationship_count is 'Relationships.';
comment on column lightrag.current_statistics.last_updated is 'When a counter changed last.';
comment on column lightrag.current_statistics.statistics is 'Mentions, counts by type, degrees and top entities, as JSON.';

comment on column lightrag.entity_types.workspace is 'The workspace.';
comment on column lightrag.entity_types.entity_type is 'The type.';
comment on column lightrag.entity_types.entities is 'Entities of that type.';
comment on column lightrag.relationship_types.workspace is 'The workspace.';
comment on column lightrag.relationship_types.relationship_type is 'The type.';
comment on column lightrag.relationship_types.relationships is 'Relationships of that type.';
comment on column lightrag.degree_distribution.workspace is 'The workspace.';
comment on column lightrag.degree_distribution.degree_from is 'The lowest degree of the bucket.';
comment on column lightrag.degree_distribution.degree_to is 'The highest degree of the bucket.';
comment on column lightrag.degree_distribution.entities is 'Entities whose degree is in it.';
comment on column lightrag.growth_by_period.workspace is 'The workspace.';
comment on column lightrag.growth_by_period.grain is 'How long the period is: minute, hour or day.';
comment on column lightrag.growth_by_period.starts_at is 'When it begins (UTC).';
comment on column lightrag.growth_by_period.entities is 'Entities that it added.';
comment on column lightrag.growth_by_period.relationships is 'Relationships that it added.';
comment on column lightrag.growth_by_period.mentions is 'Mentions that it added.';
comment on column lightrag.statistics_history.workspace is 'The workspace.';
comment on column lightrag.statistics_history.taken_at is 'The minute (UTC); the counts are as last seen in it.';
comment on column lightrag.statistics_history.entity_count is 'Entities.';
comment on column lightrag.statistics_history.relationship_count is 'Relationships.';

comment on column stream.lag."group" is 'The consumer group.';
comment on column stream.lag.topic is 'The topic that it reads.';
comment on column stream.lag."partition" is 'The partition.';
comment on column stream.lag.owner is 'The pod that runs it; null while nobody does.';
comment on column stream.lag.committed_offset is 'The next offset that the group reads: everything before it is done.';
comment on column stream.lag.end_offset is 'The offset that the next record gets.';
comment on column stream.lag.lag is 'Records that the group has still to read.';
comment on column stream.lag.committed_at is 'When it last got on.';
comment on column stream.group_partitions."group" is 'The consumer group.';
comment on column stream.group_partitions.topic is 'The topic that it reads.';
comment on column stream.group_partitions."partition" is 'The partition.';
comment on column stream.group_partitions.owner is 'The pod that runs it; null while nobody does.';
comment on column stream.group_partitions.epoch is 'Raised by each claim and each seek.';
comment on column stream.group_partitions.committed_offset is 'The next offset that the group reads: everything before it is done.';
comment on column stream.group_partitions.committed_at is 'When it last got on.';
comment on column stream.group_partitions.claimed_at is 'When its owner took it.';
comment on column stream.records.topic is 'The topic.';
comment on column stream.records."partition" is 'The partition.';
comment on column stream.records."offset" is 'The place in the partition.';
comment on column stream.records."timestamp" is 'When the log took it in.';
comment on column stream.records.key is 'The key, as bytes.';
comment on column stream.records.value is 'The value, as bytes; null in a tombstone.';
comment on column stream.records.headers is 'The header block; stream.header reads one out of it.';
comment on column stream.topic_partitions.topic is 'The topic.';
comment on column stream.topic_partitions."partition" is 'The partition.';
comment on column stream.topic_partitions.begin_offset is 'The first offset that is still held.';
comment on column stream.topic_partitions.end_offset is 'The offset that the next record gets.';
comment on column stream.topic_partitions.records is 'Records that are held.';
comment on column stream.topic_partitions.last_record_at is 'When the last record came; null when none ever did.';
comment on column stream.dead_letters.topic is 'The topic that the record could not be processed from.';
comment on column stream.dead_letters."partition" is 'The partition of the dead-letter topic.';
comment on column stream.dead_letters."offset" is 'The place in the dead-letter topic.';
comment on column stream.dead_letters."timestamp" is 'When it was given up.';
comment on column stream.dead_letters."group" is 'The consumer group that gave it up.';
comment on column stream.dead_letters.reason is 'Why.';
comment on column stream.dead_letters.original_partition is 'The partition that it was read from.';
comment on column stream.dead_letters.original_offset is 'The offset that it was read at.';
comment on column stream.dead_letters.key is 'Its key, as bytes.';
comment on column stream.dead_letters.value is 'Its value, as bytes.';
comment on column stream.dead_letters.state is 'open, retried or dropped.';
comment on column stream.dead_letters.decided_at is 'When it was retried or dropped.';

comment on column events.events.id is 'The place in the audit trail: a reader resumes behind the last one it saw.';
comment on column events.events.occurred_at is 'When it was recorded.';
comment on column events.events.kind is 'What happened, such as job.completed.';
comment on column events.events.subject is 'What it happened to, such as a job''s id.';
comment on column events.events.workspace is 'The workspace.';
comment on column events.events.data is 'What else there is to say.';
