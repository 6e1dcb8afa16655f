-- What extraction found, and the graph folded from it.

create table lightrag.extractions (
  extraction_key uuid not null,
  configuration text not null,
  result text not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint extractions_pkey primary key (extraction_key)
);
comment on table lightrag.extractions is
  'The extraction cache, written once and kept by retention: extraction_key is a UUID from the SHA-256 of title, text and the extractor''s configuration; result is the extraction as JSON.';

create table lightrag.chunk_extractions (
  chunk_id uuid not null,
  extraction_key uuid,
  entities int not null,
  relationships int not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint chunk_extractions_pkey primary key (chunk_id)
);
comment on table lightrag.chunk_extractions is
  'What each chunk sent on to the graph: the cached extraction of that key or, where it is null, the one its sender supplied (jobs.chunks.supplied). Taking a chunk back takes back exactly this.';

create table lightrag.entity_mentions (
  entity_id uuid not null,
  chunk_id uuid not null,
  name text not null,
  entity_type text,
  description text,
  evidence int not null,
  occurrences int not null,
  constraint entity_mentions_pkey primary key (entity_id, chunk_id)
);
comment on table lightrag.entity_mentions is
  'What a chunk contributes to an entity. evidence is -ln(1 - confidence) in millionths; a null type or description casts no vote.';

create table lightrag.relationship_mentions (
  relationship_id uuid not null,
  chunk_id uuid not null,
  description text,
  evidence int not null,
  constraint relationship_mentions_pkey primary key (relationship_id, chunk_id)
);
comment on table lightrag.relationship_mentions is 'What a chunk contributes to a relationship.';

create table lightrag.relationship_ends (
  entity_id uuid not null,
  relationship_id uuid not null,
  chunk_id uuid not null,
  constraint relationship_ends_pkey primary key (entity_id, relationship_id, chunk_id)
);
comment on table lightrag.relationship_ends is
  'The relationships that point at an entity, and the chunks behind each: kept by the owner of that entity, so that it knows the degree without asking the owner of the source.';

create table lightrag.entity_state (
  id uuid not null,
  workspace text not null,
  name text not null,
  name_votes bigint not null,
  entity_type text not null,
  type_votes bigint not null,
  description text,
  description_votes bigint not null,
  mentions bigint not null,
  evidence bigint not null,
  out_degree int not null,
  in_degree int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint entity_state_pkey primary key (id)
) with (fillfactor = 80);
-- Search by name, exact and similar; lists by type. No index on a count: counts change with each batch.
create index entity_state_name_idx on lightrag.entity_state (workspace, name);
create index entity_state_name_trgm_idx on lightrag.entity_state using gin (name gin_trgm_ops) with (fastupdate = on);
create index entity_state_type_idx on lightrag.entity_state (workspace, entity_type);
comment on table lightrag.entity_state is
  'Entities as integer aggregates over their mentions. name, entity_type and description are the values with most votes (ties: the first by bytes), and lightrag.votes holds the votes for other values; an entity whose type nobody told is UNKNOWN. id is UUIDv5 of workspace, folding version and folded name.';

create table lightrag.relationship_state (
  id uuid not null,
  workspace text not null,
  source_entity_id uuid not null,
  target_entity_id uuid not null,
  relationship_type text not null,
  description text,
  description_votes bigint not null,
  mentions bigint not null,
  evidence bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint relationship_state_pkey primary key (id)
) with (fillfactor = 80);
-- Neighbours out of and into an entity; lists by type.
create index relationship_state_source_idx on lightrag.relationship_state (source_entity_id);
create index relationship_state_target_idx on lightrag.relationship_state (target_entity_id);
create index relationship_state_type_idx on lightrag.relationship_state (workspace, relationship_type);
comment on table lightrag.relationship_state is
  'Relationships as integer aggregates over their mentions; id is UUIDv5 of both entity ids and type. No foreign keys: an entity''s row belongs to another owner, and graph verify looks for dangling ends.';

create table lightrag.votes (
  subject_id uuid not null,
  kind text not null,
  value_hash uuid not null,
  value text not null,
  votes bigint not null,
  constraint votes_pkey primary key (subject_id, kind, value_hash),
  constraint votes_kind_check check (kind in ('name', 'type', 'description'))
);
comment on table lightrag.votes is
  'Votes for names, types and descriptions of entities and relationships that are not the winning one; the winner''s are beside it. Most subjects are of one mind and have no row here. value_hash is the MD5 of the value.';

create function lightrag.read_mentions(p_key bytea, p_value bytea)
returns table (workspace text, kind text, chunk uuid, entity uuid, relationship uuid, source uuid, target uuid, name text, type text, description text, evidence int)
language plpgsql immutable as $$
begin
  return query
  select left(r.key, -37), m.kind, (r.value ->> 'chunk')::uuid, m.entity, m.relationship, m.source, m.target, m.name, m.type, m.description, m.evidence
  from (select convert_from(p_key, 'UTF8') as key, convert_from(p_value, 'UTF8')::json as value) r
  cross join lateral (
    select 'entity' as kind, right(r.key, 36)::uuid as entity, null::uuid as relationship, null::uuid as source, null::uuid as target,
      e.name, e.type, e.description, e.evidence
    from json_to_record(r.value -> 'entity') e (name text, type text, description text, evidence int)
    where r.value -> 'entity' is not null
    union all
    select 'relationship', null, o.id, right(r.key, 36)::uuid, o.target, null, o.type, o.description, o.evidence
    from json_to_recordset(r.value -> 'relationships') o (id uuid, target uuid, type text, description text, evidence int)
    union all
    select 'end', null, i.id::uuid, null, right(r.key, 36)::uuid, null, null, null, null
    from json_array_elements_text(r.value -> 'ends') i (id)
  ) m;
exception when data_exception then
  -- No mentions at all: the graph refuses such a record as well.
  null;
end $$;
comment on function lightrag.read_mentions is
  'The mentions in a record of topic mentions: what a chunk says about one entity, a row each. kind is entity, relationship (out of that entity) or end (of a relationship to it). None when it is no such record.';

create view lightrag.entities as
select e.id, e.name, e.entity_type, e.description,
  round((100 * (1 - exp(-e.evidence / 1e6::float8)))::numeric, 2) as confidence,
  (select coalesce(jsonb_agg(m.chunk_id order by m.chunk_id), '[]') from lightrag.entity_mentions m where m.entity_id = e.id) as source_chunks,
  jsonb_build_object('workspace', e.workspace, 'mentions', e.mentions, 'degree', e.in_degree + e.out_degree) as metadata,
  e.created_at, e.updated_at, e.workspace, e.mentions, e.in_degree + e.out_degree as degree
from lightrag.entity_state e;
comment on view lightrag.entities is 'Entities of the knowledge graph; confidence is 0-100. source_chunks costs a look-up a row, so leave it out where you do not need it.';

create view lightrag.relationships as
select r.id, r.source_entity_id, r.target_entity_id, r.relationship_type, r.description,
  round((100 * (1 - exp(-r.evidence / 1e6::float8)))::numeric, 2) as confidence,
  (select coalesce(jsonb_agg(m.chunk_id order by m.chunk_id), '[]') from lightrag.relationship_mentions m where m.relationship_id = r.id) as source_chunks,
  jsonb_build_object('workspace', r.workspace, 'mentions', r.mentions) as metadata,
  r.created_at, r.updated_at, r.workspace, r.mentions
from lightrag.relationship_state r;
comment on view lightrag.relationships is 'Relationships of the knowledge graph, from one entity to another; confidence is 0-100.';

create view jobs.job_results as
select c.chunk_id as id, c.job_id, c.chunk_id, d.source_uri, c.content, x.entities as entities_extracted, c.created_at, coalesce(j.metadata, '{}') as metadata,
  d.workspace, c.document_id, c.overlap
from jobs.chunks c
join jobs.documents d on d.document_id = c.document_id
left join jobs.job_status j on j.id = c.job_id
left join lightrag.chunk_extractions x on x.chunk_id = c.chunk_id;
comment on view jobs.job_results is 'Chunks with their text; entities_extracted is null until extraction has seen the chunk.';
