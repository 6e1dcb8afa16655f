-- The schema after all migrations, told by the catalog. SchemaDumpTest compares it with what the migrations make and,
-- with -Dmillrace.update-schema=true, writes it anew. For reading only: the migrations are what is run.

create schema events;
comment on schema events is 'What happened to jobs, documents and partitions, read from the log.';

create schema jobs;
comment on schema jobs is 'Documents, their chunks, and the jobs that tell how far each document has come.';

create schema lightrag;
comment on schema lightrag is 'The knowledge graph and its statistics.';

create schema stream;
comment on schema stream is 'The log: topics, batches of records, consumer groups and their offsets.';

create table events.digests (
  kind text not null,
  subject text not null,
  data jsonb not null,
  told_at timestamp with time zone not null,
  constraint digests_pkey PRIMARY KEY (kind, subject)
);
comment on table events.digests is 'What the last event of each kind and subject said that is told when it changes: written in the transaction that appends the event, so that whichever pod tells the next one knows what has been told.';

create table jobs.cancellations (
  job_id uuid not null,
  cancelled_at timestamp with time zone not null default clock_timestamp(),
  constraint cancellations_pkey PRIMARY KEY (job_id)
);
comment on table jobs.cancellations is 'Jobs that their sender called off. They have failed, and say so in error_message; the chunk stage passes over their documents, and the extract stage over their chunks, as far as those had not been begun.';

create table jobs.chunks (
  chunk_id uuid not null,
  document_id uuid not null,
  job_id uuid not null,
  overlap integer not null,
  content text not null storage external,
  supplied text,
  created_at timestamp with time zone not null,
  constraint chunks_pkey PRIMARY KEY (chunk_id)
);
CREATE INDEX chunks_created_at_idx ON jobs.chunks USING btree (created_at);
CREATE INDEX chunks_job_id_idx ON jobs.chunks USING btree (job_id);
comment on table jobs.chunks is 'Chunks, written once. chunk_id is UUIDv5 of document, text, overlap, supplied extraction and occurrence. The first overlap characters repeat the end of the chunk before. supplied is the extraction that the sender brought, as JSON.';

create table jobs.document_versions (
  document_id uuid not null,
  version bigint not null,
  job_id uuid not null,
  content_type text not null,
  chunks integer not null,
  created_at timestamp with time zone not null,
  constraint document_versions_pkey PRIMARY KEY (document_id, version)
);
comment on table jobs.document_versions is 'Every version that a document has had, written by the chunk stage. version is the offset of the record in topic documents, created_at when the log took it in.';

create table jobs.documents (
  document_id uuid not null,
  workspace text not null,
  source_uri text not null,
  version bigint not null,
  fingerprint bytea not null,
  content_type text not null,
  title text,
  job_id uuid not null,
  chunk_ids uuid[] not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint documents_pkey PRIMARY KEY (document_id)
);
comment on table jobs.documents is 'The current version of each document. document_id is UUIDv5 of workspace and source_uri; version is the offset of the record in topic documents; the own parts of chunk_ids, put together, are its text.';

create table jobs.job_status (
  id uuid not null,
  workspace text not null,
  job_type text not null,
  status text not null default 'queued'::text,
  source_uri text not null,
  document_id uuid not null,
  fingerprint bytea not null,
  chunks_total integer,
  chunks_processed integer not null default 0,
  follows uuid,
  created_at timestamp with time zone not null default clock_timestamp(),
  started_at timestamp with time zone,
  completed_at timestamp with time zone,
  metadata jsonb not null default '{}'::jsonb,
  metadata_text text,
  error_message text,
  request_fingerprint bytea,
  size_bytes integer not null default 0,
  constraint job_status_pkey PRIMARY KEY (id),
  constraint job_status_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'processing'::text, 'completed'::text, 'failed'::text])))
);
CREATE INDEX job_status_created_at_idx ON jobs.job_status USING btree (created_at, id);
CREATE INDEX job_status_document_idx ON jobs.job_status USING btree (document_id, created_at, id);
CREATE INDEX job_status_follows_idx ON jobs.job_status USING btree (follows) WHERE ((completed_at IS NULL) AND (follows IS NOT NULL));
CREATE INDEX job_status_job_type_idx ON jobs.job_status USING btree (workspace, job_type, created_at, id);
CREATE INDEX job_status_open_idx ON jobs.job_status USING btree (workspace) INCLUDE (size_bytes) WHERE (completed_at IS NULL);
CREATE INDEX job_status_status_idx ON jobs.job_status USING btree (workspace, status, created_at, id);
CREATE INDEX job_status_workspace_idx ON jobs.job_status USING btree (workspace, created_at, id);
comment on table jobs.job_status is 'One row a posted document. completed means that everything of it is visible in the graph; failed, that a part of it went to a dead-letter topic, and error_message says why. metadata_text is what the sender wrote, byte for byte; metadata has equal values.';
comment on column jobs.job_status.id is 'The job''s id, as its sender was told.';
comment on column jobs.job_status.workspace is 'The workspace it was posted to.';
comment on column jobs.job_status.job_type is 'What kind of work it is, as its sender named it, such as crawl_web or ingest_doc.';
comment on column jobs.job_status.status is 'How far it is: queued, processing, completed or failed.';
comment on column jobs.job_status.source_uri is 'The document''s source URI, the whole of it.';
comment on column jobs.job_status.document_id is 'The document: UUIDv5 of workspace and source URI.';
comment on column jobs.job_status.fingerprint is 'SHA-256 of content, content type and supplied extraction: tells a repeated post from another one with the same key.';
comment on column jobs.job_status.chunks_total is 'Chunks of this version; null until the document was cut.';
comment on column jobs.job_status.chunks_processed is 'Chunks whose contribution is in the graph.';
comment on column jobs.job_status.follows is 'The job that brought the same content before; this one ends when and as that one does.';
comment on column jobs.job_status.created_at is 'When it was accepted.';
comment on column jobs.job_status.started_at is 'When the first stage had done its part.';
comment on column jobs.job_status.completed_at is 'When it ended, well or not.';
comment on column jobs.job_status.metadata is 'What the sender said about it, as values.';
comment on column jobs.job_status.metadata_text is 'What the sender said about it, byte for byte.';
comment on column jobs.job_status.error_message is 'Why it failed.';
comment on column jobs.job_status.request_fingerprint is 'SHA-256 of the whole request, in the first job of one that came with an Idempotency-Key: tells a repeat from another request under the same key.';
comment on column jobs.job_status.size_bytes is 'Bytes of its record in the log, key and value; 0 for jobs from before this was stored.';

create table jobs.progress (
  progress_id bigint not null generated always as identity,
  kind text not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  job_ids uuid[] not null,
  counts integer[],
  follows uuid[],
  errors text[],
  ends bigint[],
  constraint progress_pkey PRIMARY KEY (progress_id),
  constraint progress_kind_check CHECK ((kind = ANY (ARRAY['chunked'::text, 'repeated'::text, 'extracted'::text, 'failed'::text])))
);
comment on table jobs.progress is 'Facts that the stages'' commits leave behind, one row a commit, and that the sweep folds into job_status and removes: chunked (counts: chunks of each job), repeated (follows: the job whose content came again), extracted (counts: chunks done; ends: where mentions partition i - 1 must be read to), failed (errors).';

create table jobs.totals (
  workspace text not null,
  name text not null,
  value bigint not null,
  constraint totals_pkey PRIMARY KEY (workspace, name)
);
comment on table jobs.totals is 'Ended jobs of each workspace, counted by the sweep: jobs_completed, jobs_failed.';

create table lightrag.chunk_extractions (
  chunk_id uuid not null,
  extraction_key uuid,
  entities integer not null,
  relationships integer not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint chunk_extractions_pkey PRIMARY KEY (chunk_id)
);
comment on table lightrag.chunk_extractions is 'What each chunk sent on to the graph: the cached extraction of that key or, where it is null, the one its sender supplied (jobs.chunks.supplied). Taking a chunk back takes back exactly this.';

create table lightrag.counters (
  partition_id integer not null,
  workspace text not null,
  name text not null,
  key text not null,
  value bigint not null,
  updated_at timestamp with time zone not null,
  constraint counters_pkey PRIMARY KEY (workspace, name, key, partition_id)
) with (fillfactor=70);
CREATE INDEX counters_totals_idx ON lightrag.counters USING btree (workspace, name) WHERE (key = ''::text);
comment on table lightrag.counters is 'Counters of the graph, a row a partition of topic changes, which readers sum: entities, relationships, entity_mentions, relationship_mentions (key is empty), entity_type and relationship_type (key: the type), degree (key: the lowest degree of the bucket; value: entities in it).';

create table lightrag.entity_mentions (
  entity_id uuid not null,
  chunk_id uuid not null,
  name text not null,
  entity_type text,
  description text,
  evidence integer not null,
  occurrences integer not null,
  constraint entity_mentions_pkey PRIMARY KEY (entity_id, chunk_id)
);
comment on table lightrag.entity_mentions is 'What a chunk contributes to an entity. evidence is -ln(1 - confidence) in millionths; a null type or description casts no vote.';

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
  out_degree integer not null,
  in_degree integer not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint entity_state_pkey PRIMARY KEY (id)
) with (fillfactor=80);
CREATE INDEX entity_state_name_idx ON lightrag.entity_state USING btree (workspace, name);
CREATE INDEX entity_state_name_trgm_idx ON lightrag.entity_state USING gin (name gin_trgm_ops) WITH (fastupdate='on');
CREATE INDEX entity_state_type_idx ON lightrag.entity_state USING btree (workspace, entity_type);
comment on table lightrag.entity_state is 'Entities as integer aggregates over their mentions. name, entity_type and description are the values with most votes (ties: the first by bytes), and lightrag.votes holds the votes for other values; an entity whose type nobody told is UNKNOWN. id is UUIDv5 of workspace, folding version and folded name.';

create table lightrag.extractions (
  extraction_key uuid not null,
  configuration text not null,
  result text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint extractions_pkey PRIMARY KEY (extraction_key)
);
comment on table lightrag.extractions is 'The extraction cache, written once and kept by retention: extraction_key is a UUID from the SHA-256 of title, text and the extractor''s configuration; result is the extraction as JSON.';

create table lightrag.graph_history (
  id uuid not null default uuid_generate_v4(),
  workspace text not null,
  taken_at timestamp with time zone not null,
  entity_count bigint not null,
  relationship_count bigint not null,
  statistics jsonb not null,
  constraint graph_history_pkey PRIMARY KEY (workspace, taken_at)
);
comment on table lightrag.graph_history is 'The state of the graph in each minute in which it changed, as last seen in that minute.';

create table lightrag.growth (
  partition_id integer not null,
  workspace text not null,
  grain text not null,
  starts_at timestamp with time zone not null,
  entities bigint not null,
  relationships bigint not null,
  mentions bigint not null,
  constraint growth_pkey PRIMARY KEY (workspace, grain, starts_at, partition_id),
  constraint growth_grain_check CHECK ((grain = ANY (ARRAY['minute'::text, 'hour'::text, 'day'::text])))
) with (fillfactor=70);
comment on table lightrag.growth is 'What each minute, hour and day (UTC) added to the graph, a row a partition of topic changes.';

create table lightrag.rebuilt_chunks (
  chunk_id uuid not null,
  constraint rebuilt_chunks_pkey PRIMARY KEY (chunk_id)
);
comment on table lightrag.rebuilt_chunks is 'Chunks whose mentions a rebuild has made again.';

create table lightrag.rebuilt_entities (
  id uuid not null,
  workspace text not null,
  partition_id integer not null,
  name text not null,
  name_votes bigint not null,
  entity_type text not null,
  type_votes bigint not null,
  description text,
  description_votes bigint not null,
  mentions bigint not null,
  evidence bigint not null,
  out_degree integer not null,
  in_degree integer not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint rebuilt_entities_pkey PRIMARY KEY (id)
);
comment on table lightrag.rebuilt_entities is 'Entities as a rebuild added them up.';

create table lightrag.rebuilt_entity_mentions (
  entity_id uuid not null,
  chunk_id uuid not null,
  workspace text not null,
  partition_id integer not null,
  name text not null,
  entity_type text,
  description text,
  evidence integer not null,
  occurrences integer not null,
  mentioned_at timestamp with time zone not null,
  constraint rebuilt_entity_mentions_pkey PRIMARY KEY (entity_id, chunk_id)
);
comment on table lightrag.rebuilt_entity_mentions is 'What a rebuild found that chunks contribute to entities; partition_id is the one of topic mentions that the entity belongs to.';

create table lightrag.rebuilt_relationship_mentions (
  relationship_id uuid not null,
  chunk_id uuid not null,
  workspace text not null,
  partition_id integer not null,
  source_entity_id uuid not null,
  target_entity_id uuid not null,
  relationship_type text not null,
  description text,
  evidence integer not null,
  mentioned_at timestamp with time zone not null,
  constraint rebuilt_relationship_mentions_pkey PRIMARY KEY (relationship_id, chunk_id)
);
comment on table lightrag.rebuilt_relationship_mentions is 'What a rebuild found that chunks contribute to relationships; partition_id is the one that the source belongs to.';

create table lightrag.rebuilt_relationships (
  id uuid not null,
  workspace text not null,
  partition_id integer not null,
  source_entity_id uuid not null,
  target_entity_id uuid not null,
  relationship_type text not null,
  description text,
  description_votes bigint not null,
  mentions bigint not null,
  evidence bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint rebuilt_relationships_pkey PRIMARY KEY (id)
);
CREATE INDEX rebuilt_relationships_source_idx ON lightrag.rebuilt_relationships USING btree (source_entity_id);
CREATE INDEX rebuilt_relationships_target_idx ON lightrag.rebuilt_relationships USING btree (target_entity_id);
comment on table lightrag.rebuilt_relationships is 'Relationships as a rebuild added them up.';

create table lightrag.rebuilt_touched (
  subject_id uuid not null,
  constraint rebuilt_touched_pkey PRIMARY KEY (subject_id)
);
comment on table lightrag.rebuilt_touched is 'Entities and relationships that a rebuild has to add up again, since it found more mentions of them.';

create table lightrag.rebuilt_votes (
  subject_id uuid not null,
  kind text not null,
  place bigint not null,
  value text not null,
  votes bigint not null,
  constraint rebuilt_votes_pkey PRIMARY KEY (subject_id, kind, place)
);
comment on table lightrag.rebuilt_votes is 'Votes that a rebuild counted, best first: place 1 wins.';

create table lightrag.relationship_ends (
  entity_id uuid not null,
  relationship_id uuid not null,
  chunk_id uuid not null,
  constraint relationship_ends_pkey PRIMARY KEY (entity_id, relationship_id, chunk_id)
);
comment on table lightrag.relationship_ends is 'The relationships that point at an entity, and the chunks behind each: kept by the owner of that entity, so that it knows the degree without asking the owner of the source.';

create table lightrag.relationship_mentions (
  relationship_id uuid not null,
  chunk_id uuid not null,
  description text,
  evidence integer not null,
  constraint relationship_mentions_pkey PRIMARY KEY (relationship_id, chunk_id)
);
comment on table lightrag.relationship_mentions is 'What a chunk contributes to a relationship.';

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
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint relationship_state_pkey PRIMARY KEY (id)
) with (fillfactor=80);
CREATE INDEX relationship_state_in_idx ON lightrag.relationship_state USING btree (target_entity_id, relationship_type, id);
CREATE INDEX relationship_state_out_idx ON lightrag.relationship_state USING btree (source_entity_id, relationship_type, id);
CREATE INDEX relationship_state_type_idx ON lightrag.relationship_state USING btree (workspace, relationship_type);
comment on table lightrag.relationship_state is 'Relationships as integer aggregates over their mentions; id is UUIDv5 of both entity ids and type. No foreign keys: an entity''s row belongs to another owner, and graph verify looks for dangling ends.';

create table lightrag.top_entities (
  partition_id integer not null,
  workspace text not null,
  entity_id uuid not null,
  name text not null,
  degree bigint not null,
  constraint top_entities_pkey PRIMARY KEY (partition_id, workspace, entity_id)
);
CREATE INDEX top_entities_workspace_idx ON lightrag.top_entities USING btree (workspace);
comment on table lightrag.top_entities is 'The entities of highest degree of each partition of topic changes.';

create table lightrag.votes (
  subject_id uuid not null,
  kind text not null,
  value_hash uuid not null,
  value text not null,
  votes bigint not null,
  constraint votes_pkey PRIMARY KEY (subject_id, kind, value_hash),
  constraint votes_kind_check CHECK ((kind = ANY (ARRAY['name'::text, 'type'::text, 'description'::text])))
);
comment on table lightrag.votes is 'Votes for names, types and descriptions of entities and relationships that are not the winning one; the winner''s are beside it. Most subjects are of one mind and have no row here. value_hash is the MD5 of the value.';

create table stream.assignments (
  group_id integer not null,
  partition_id integer not null,
  owner uuid,
  epoch bigint not null default 0,
  high_offset bigint not null default 0,
  unclean_offset bigint not null default '-1'::integer,
  unclean_claims integer not null default 0,
  trial_offset bigint not null default '-1'::integer,
  trials integer not null default 0,
  claimed_at timestamp with time zone,
  run_from bigint not null default 0,
  processed int8multirange not null default '{}'::int8multirange,
  trial_epoch bigint not null default 0,
  trial_end bigint not null default '-1'::integer,
  constraint assignments_pkey PRIMARY KEY (group_id, partition_id),
  constraint assignments_group_fkey FOREIGN KEY (group_id) REFERENCES stream.groups(group_id) ON DELETE CASCADE
) with (fillfactor=50);
comment on table stream.assignments is 'Who owns a partition of a group, and in which epoch. Each claim and each seek raises the epoch. Rows change on claims, releases, seeks and trials, never on commits. unclean_* count claims that followed an unclean end at the same offset; trial_offset to trial_end is the durable mark of the records that are tried, trial_epoch the epoch that tries them, and trials counts the processes that ended uncleanly over just these. run_from is where the last seek went, and what was committed from there on is done; processed holds the offsets that were done before it, and work on them is done again. high_offset is the highest offset committed before a seek.';

create table stream.batches (
  topic_id integer not null,
  segment_id integer not null,
  partition_id integer not null,
  base_offset bigint not null,
  record_count integer not null,
  size_bytes integer not null,
  created_at timestamp with time zone not null,
  batch_id uuid not null,
  keys bytea[] not null storage external,
  "values" bytea[] not null storage external,
  headers bytea[] storage external,
  constraint batches_pkey PRIMARY KEY (topic_id, segment_id, partition_id, base_offset),
  constraint batches_record_count_check CHECK (((record_count > 0) AND (record_count = cardinality(keys)) AND (record_count = cardinality("values")) AND ((headers IS NULL) OR (record_count = cardinality(headers)))))
) partition by list (topic_id);
comment on table stream.batches is 'A row is a batch: records base_offset to base_offset + record_count - 1 of a partition, in commit order and without gaps. created_at never runs backwards within a partition. headers holds, a record, the header block of Kafka''s record format v2 (KIP-98), and is null when no record has any.';

create table stream.commits (
  group_id integer not null,
  partition_id integer not null,
  sequence bigint not null,
  committed_offset bigint not null,
  epoch bigint not null,
  committed_at timestamp with time zone not null,
  constraint commits_pkey PRIMARY KEY (group_id, partition_id, sequence)
);
comment on table stream.commits is 'Committed offsets, append-only as the log itself: the newest sequence of a partition counts. A row that was updated in place would decay while somebody holds an old snapshot. Old rows are trimmed.';

create table stream.dead_letter_outcomes (
  topic_id integer not null,
  partition_id integer not null,
  record_offset bigint not null,
  outcome text not null,
  decided_at timestamp with time zone not null default clock_timestamp(),
  constraint dead_letter_outcomes_pkey PRIMARY KEY (topic_id, partition_id, record_offset),
  constraint dead_letter_outcomes_topic_fkey FOREIGN KEY (topic_id) REFERENCES stream.topics(topic_id) ON DELETE CASCADE,
  constraint dead_letter_outcomes_outcome_check CHECK ((outcome = ANY (ARRAY['retried'::text, 'dropped'::text])))
);
comment on table stream.dead_letter_outcomes is 'What was decided about a dead letter, by its place in the dead-letter topic. The key is what makes a retry happen once: it is inserted in the transaction that appends the record again.';

create table stream.group_members (
  group_id integer not null,
  member_id uuid not null,
  constraint group_members_pkey PRIMARY KEY (group_id, member_id),
  constraint group_members_group_fkey FOREIGN KEY (group_id) REFERENCES stream.groups(group_id) ON DELETE CASCADE,
  constraint group_members_member_fkey FOREIGN KEY (member_id) REFERENCES stream.members(member_id) ON DELETE CASCADE
);
comment on table stream.group_members is 'Which groups a pod takes part in.';

create table stream.groups (
  group_id integer not null generated always as identity,
  name text not null,
  topic_id integer not null,
  created_at timestamp with time zone not null default now(),
  unseen_since timestamp with time zone,
  constraint groups_pkey PRIMARY KEY (group_id),
  constraint groups_name_key UNIQUE (name),
  constraint groups_topic_fkey FOREIGN KEY (topic_id) REFERENCES stream.topics(topic_id) ON DELETE CASCADE,
  constraint groups_name_check CHECK ((name ~ '^[A-Za-z0-9._-]{1,200}$'::text))
);
comment on table stream.groups is 'Consumer groups; each reads one topic. unseen_since is when retention first found that no pod served the group, null while one does.';

create table stream.members (
  member_id uuid not null,
  host text not null,
  lease_until timestamp with time zone not null,
  joined_at timestamp with time zone not null default now(),
  constraint members_pkey PRIMARY KEY (member_id)
);
comment on table stream.members is 'Pods: one row, one heartbeat a pod. A member is alive while now() < lease_until <= now() + lease length.';

create table stream.partitions (
  topic_id integer not null,
  partition_id integer not null,
  floor_offset bigint not null default 0,
  floor_segment integer not null default 0,
  constraint partitions_pkey PRIMARY KEY (topic_id, partition_id),
  constraint partitions_topic_fkey FOREIGN KEY (topic_id) REFERENCES stream.topics(topic_id) ON DELETE CASCADE
);
comment on table stream.partitions is 'Partitions of a topic. floor_offset is where a partition begins, and floor_segment the first segment that it may have records in; only retention moves them.';

create table stream.segment_starts (
  topic_id integer not null,
  partition_id integer not null,
  segment_id integer not null,
  base_offset bigint not null,
  constraint segment_starts_pkey PRIMARY KEY (topic_id, partition_id, segment_id),
  constraint segment_starts_segment_fkey FOREIGN KEY (topic_id, segment_id) REFERENCES stream.segments(topic_id, segment_id) ON DELETE CASCADE
);
comment on table stream.segment_starts is 'The first offset of a partition in a segment. A fetch names its segment with it: by offset alone, over 30 segments, planning cost more than reading.';

create table stream.segments (
  topic_id integer not null,
  segment_id integer not null,
  starts_at timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  retired_at timestamp with time zone,
  constraint segments_pkey PRIMARY KEY (topic_id, segment_id),
  constraint segments_topic_fkey FOREIGN KEY (topic_id) REFERENCES stream.topics(topic_id) ON DELETE CASCADE
);
comment on table stream.segments is 'Segments of a topic, each a table of its own. An append goes to the newest segment that has begun; a clock that runs past the last one goes on writing there. retired_at is when the last partition left a segment behind: some time later, when nobody who looked it up before can still be reading, its table is dropped.';

create table stream.topics (
  topic_id integer not null generated always as identity,
  name text not null,
  partitions integer not null,
  created_at timestamp with time zone not null default now(),
  constraint topics_pkey PRIMARY KEY (topic_id),
  constraint topics_name_key UNIQUE (name),
  constraint topics_name_check CHECK ((name ~ '^[A-Za-z0-9._-]{1,200}$'::text)),
  constraint topics_partitions_check CHECK (((partitions >= 1) AND (partitions <= 1024)))
);
comment on table stream.topics is 'Topics of the log; the number of partitions is fixed when a topic is made.';

create view events.events as
 SELECT r."offset" AS id,
    r."timestamp" AS occurred_at,
    d.data ->> 'kind'::text AS kind,
    d.data ->> 'subject'::text AS subject,
    d.data ->> 'workspace'::text AS workspace,
    d.data -> 'data'::text AS data
   FROM stream.records r
     CROSS JOIN LATERAL ( SELECT convert_from(r.value, 'UTF8'::name)::jsonb AS data) d
  WHERE r.topic = 'events'::text;
comment on view events.events is 'What happened, in order: id is the offset in topic events, so a reader resumes behind the last one it saw.';

create view jobs.job_results as
 SELECT c.chunk_id AS id,
    c.job_id,
    c.chunk_id,
    d.source_uri,
    c.content,
    x.entities AS entities_extracted,
    c.created_at,
    COALESCE(j.metadata, '{}'::jsonb) AS metadata,
    d.workspace,
    c.document_id,
    c.overlap
   FROM jobs.chunks c
     JOIN jobs.documents d ON d.document_id = c.document_id
     LEFT JOIN jobs.job_status j ON j.id = c.job_id
     LEFT JOIN lightrag.chunk_extractions x ON x.chunk_id = c.chunk_id;
comment on view jobs.job_results is 'Chunks with their text; entities_extracted is null until extraction has seen the chunk.';

create view lightrag.current_statistics as
 SELECT workspace,
    COALESCE(( SELECT sum(c.value) AS sum
           FROM lightrag.counters c
          WHERE c.workspace = w.workspace AND c.name = 'entities'::text), 0::numeric)::bigint AS entity_count,
    COALESCE(( SELECT sum(c.value) AS sum
           FROM lightrag.counters c
          WHERE c.workspace = w.workspace AND c.name = 'relationships'::text), 0::numeric)::bigint AS relationship_count,
    ( SELECT max(c.updated_at) AS max
           FROM lightrag.counters c
          WHERE c.workspace = w.workspace) AS last_updated,
    jsonb_build_object('entity_mentions', COALESCE(( SELECT sum(c.value) AS sum
           FROM lightrag.counters c
          WHERE c.workspace = w.workspace AND c.name = 'entity_mentions'::text), 0::numeric), 'relationship_mentions', COALESCE(( SELECT sum(c.value) AS sum
           FROM lightrag.counters c
          WHERE c.workspace = w.workspace AND c.name = 'relationship_mentions'::text), 0::numeric), 'entity_types', COALESCE(( SELECT jsonb_object_agg(t.entity_type, t.entities) AS jsonb_object_agg
           FROM lightrag.entity_types t
          WHERE t.workspace = w.workspace), '{}'::jsonb), 'relationship_types', COALESCE(( SELECT jsonb_object_agg(t.relationship_type, t.relationships) AS jsonb_object_agg
           FROM lightrag.relationship_types t
          WHERE t.workspace = w.workspace), '{}'::jsonb), 'degrees', COALESCE(( SELECT jsonb_object_agg(d.degree_from, d.entities) AS jsonb_object_agg
           FROM lightrag.degree_distribution d
          WHERE d.workspace = w.workspace), '{}'::jsonb), 'top_entities', COALESCE(( SELECT jsonb_agg(jsonb_build_object('id', t.entity_id, 'name', t.name, 'degree', t.degree) ORDER BY t.degree DESC, t.entity_id) AS jsonb_agg
           FROM ( SELECT e.entity_id,
                    e.name,
                    e.degree
                   FROM lightrag.top_entities e
                  WHERE e.workspace = w.workspace
                  ORDER BY e.degree DESC, e.entity_id
                 LIMIT 20) t), '[]'::jsonb)) AS statistics
   FROM ( SELECT DISTINCT c.workspace
           FROM lightrag.counters c) w;
comment on view lightrag.current_statistics is 'The statistics of each workspace now, summed over the partitions of topic changes.';

create view lightrag.degree_distribution as
 SELECT workspace,
    bucket AS degree_from,
        CASE
            WHEN bucket < 16 THEN bucket
            ELSE 2 * bucket - 1
        END AS degree_to,
    entities
   FROM ( SELECT c.workspace,
            lightrag.degree_bucket(c.key::bigint) AS bucket,
            sum(c.value)::bigint AS entities
           FROM lightrag.counters c
          WHERE c.name = 'degree'::text
          GROUP BY c.workspace, (lightrag.degree_bucket(c.key::bigint))) d
  WHERE entities <> 0;
comment on view lightrag.degree_distribution is 'How many entities of each workspace have how many relationships: degree_from to degree_to, one by one below 16, by powers of two from there on.';

create view lightrag.entities as
 SELECT id,
    name,
    entity_type,
    description,
    round((100::double precision * (1::double precision - exp((- evidence)::double precision / '1000000'::numeric::double precision)))::numeric, 2) AS confidence,
    ( SELECT COALESCE(jsonb_agg(m.chunk_id ORDER BY m.chunk_id), '[]'::jsonb) AS "coalesce"
           FROM lightrag.entity_mentions m
          WHERE m.entity_id = e.id) AS source_chunks,
    jsonb_build_object('workspace', workspace, 'mentions', mentions, 'degree', in_degree + out_degree) AS metadata,
    created_at,
    updated_at,
    workspace,
    mentions,
    in_degree + out_degree AS degree
   FROM lightrag.entity_state e;
comment on view lightrag.entities is 'Entities of the knowledge graph; confidence is 0-100. source_chunks costs a look-up a row, so leave it out where you do not need it.';

create view lightrag.entity_types as
 SELECT workspace,
    key AS entity_type,
    sum(value)::bigint AS entities
   FROM lightrag.counters c
  WHERE name = 'entity_type'::text
  GROUP BY workspace, key
 HAVING sum(value) <> 0::numeric;
comment on view lightrag.entity_types is 'How many entities each workspace has of each type, from the counters.';

create view lightrag.graph_metadata as
 SELECT uuid_generate_v5(uuid_ns_oid(), s.workspace) AS id,
    s.entity_count,
    s.relationship_count,
    s.last_updated,
    s.statistics,
    s.workspace,
    true AS current
   FROM lightrag.current_statistics s
UNION ALL
 SELECT h.id,
    h.entity_count,
    h.relationship_count,
    h.taken_at AS last_updated,
    h.statistics,
    h.workspace,
    false AS current
   FROM lightrag.graph_history h;
comment on view lightrag.graph_metadata is 'State of the graph of each workspace: the newest row is the state now, the others are its history by the minute.';

create view lightrag.growth_by_period as
 SELECT workspace,
    grain,
    starts_at,
    sum(entities)::bigint AS entities,
    sum(relationships)::bigint AS relationships,
    sum(mentions)::bigint AS mentions
   FROM lightrag.growth g
  GROUP BY workspace, grain, starts_at;
comment on view lightrag.growth_by_period is 'What each minute, hour and day (UTC) added to the graph of each workspace. Periods without a change have no row.';

create view lightrag.rebuilt_counters as
 SELECT partition_id,
    workspace,
    name,
    key,
    sum(value)::bigint AS value
   FROM ( SELECT e.partition_id,
            e.workspace,
            v.name,
            v.key,
            sum(v.value) AS value
           FROM lightrag.rebuilt_entities e
             CROSS JOIN LATERAL ( VALUES ('entities'::text,''::text,1), ('entity_mentions'::text,''::text,e.mentions), ('entity_type'::text,e.entity_type,1), ('degree'::text,lightrag.degree_bucket((e.out_degree + e.in_degree)::bigint)::text,1)) v(name, key, value)
          GROUP BY e.partition_id, e.workspace, v.name, v.key
        UNION ALL
         SELECT r.partition_id,
            r.workspace,
            v.name,
            v.key,
            sum(v.value) AS sum
           FROM lightrag.rebuilt_relationships r
             CROSS JOIN LATERAL ( VALUES ('relationships'::text,''::text,1), ('relationship_mentions'::text,''::text,r.mentions), ('relationship_type'::text,r.relationship_type,1)) v(name, key, value)
          GROUP BY r.partition_id, r.workspace, v.name, v.key) u
  GROUP BY partition_id, workspace, name, key;
comment on view lightrag.rebuilt_counters is 'Counters of the graph as a rebuild added it up.';

create view lightrag.rebuilt_growth as
 SELECT u.partition_id,
    u.workspace,
    g.grain,
    date_trunc(g.grain, u.at, 'UTC'::text) AS starts_at,
    sum(u.entities) AS entities,
    sum(u.relationships) AS relationships,
    sum(u.mentions) AS mentions
   FROM ( SELECT e.partition_id,
            e.workspace,
            e.created_at AS at,
            1 AS entities,
            0 AS relationships,
            0 AS mentions
           FROM lightrag.rebuilt_entities e
        UNION ALL
         SELECT r.partition_id,
            r.workspace,
            r.created_at,
            0,
            1,
            0
           FROM lightrag.rebuilt_relationships r
        UNION ALL
         SELECT m.partition_id,
            m.workspace,
            m.mentioned_at,
            0,
            0,
            1
           FROM lightrag.rebuilt_entity_mentions m
        UNION ALL
         SELECT m.partition_id,
            m.workspace,
            m.mentioned_at,
            0,
            0,
            1
           FROM lightrag.rebuilt_relationship_mentions m) u
     CROSS JOIN ( VALUES ('minute'::text), ('hour'::text), ('day'::text)) g(grain)
  GROUP BY u.partition_id, u.workspace, g.grain, (date_trunc(g.grain, u.at, 'UTC'::text));
comment on view lightrag.rebuilt_growth is 'Growth as a rebuild finds it, by when documents were taken in: when the graph took up what they said is known to the log alone.';

create view lightrag.rebuilt_top_entities as
 SELECT partition_id,
    workspace,
    entity_id,
    name,
    degree
   FROM ( SELECT e.partition_id,
            e.workspace,
            e.id AS entity_id,
            e.name,
            (e.out_degree + e.in_degree)::bigint AS degree,
            row_number() OVER (PARTITION BY e.partition_id, e.workspace ORDER BY (e.out_degree + e.in_degree) DESC, e.id) AS place
           FROM lightrag.rebuilt_entities e
          WHERE (e.out_degree + e.in_degree) > 0) t
  WHERE place <= 100;
comment on view lightrag.rebuilt_top_entities is 'The entities of highest degree of each partition, of the graph as a rebuild added it up.';

create view lightrag.relationship_types as
 SELECT workspace,
    key AS relationship_type,
    sum(value)::bigint AS relationships
   FROM lightrag.counters c
  WHERE name = 'relationship_type'::text
  GROUP BY workspace, key
 HAVING sum(value) <> 0::numeric;
comment on view lightrag.relationship_types is 'How many relationships each workspace has of each type, from the counters.';

create view lightrag.relationships as
 SELECT id,
    source_entity_id,
    target_entity_id,
    relationship_type,
    description,
    round((100::double precision * (1::double precision - exp((- evidence)::double precision / '1000000'::numeric::double precision)))::numeric, 2) AS confidence,
    ( SELECT COALESCE(jsonb_agg(m.chunk_id ORDER BY m.chunk_id), '[]'::jsonb) AS "coalesce"
           FROM lightrag.relationship_mentions m
          WHERE m.relationship_id = r.id) AS source_chunks,
    jsonb_build_object('workspace', workspace, 'mentions', mentions) AS metadata,
    created_at,
    updated_at,
    workspace,
    mentions
   FROM lightrag.relationship_state r;
comment on view lightrag.relationships is 'Relationships of the knowledge graph, from one entity to another; confidence is 0-100.';

create view lightrag.statistics_history as
 SELECT workspace,
    taken_at,
    entity_count,
    relationship_count
   FROM lightrag.graph_history h;
comment on view lightrag.statistics_history is 'The counts of each workspace at the end of each minute (UTC) in which its graph changed.';

create view stream.dead_letters as
 SELECT "left"(r.topic, - length('.dead-letters'::text)) AS topic,
    r.partition,
    r."offset",
    r."timestamp",
    convert_from(stream.header(r.headers, 'millrace-group'::text), 'UTF8'::name) AS "group",
    convert_from(stream.header(r.headers, 'millrace-reason'::text), 'UTF8'::name) AS reason,
    convert_from(stream.header(r.headers, 'millrace-partition'::text), 'UTF8'::name)::integer AS original_partition,
    convert_from(stream.header(r.headers, 'millrace-offset'::text), 'UTF8'::name)::bigint AS original_offset,
    r.key,
    r.value,
    COALESCE(o.outcome, 'open'::text) AS state,
    o.decided_at
   FROM stream.records r
     JOIN stream.topics t ON t.name = r.topic
     LEFT JOIN stream.dead_letter_outcomes o ON o.topic_id = t.topic_id AND o.partition_id = r.partition AND o.record_offset = r."offset"
  WHERE r.topic ~~ '%.dead-letters'::text;
comment on view stream.dead_letters is 'Records that a group could not process, with the reason. state is open, retried or dropped.';

create view stream.group_partitions as
 SELECT g.name AS "group",
    t.name AS topic,
    a.partition_id AS partition,
    a.owner,
    a.epoch,
    c.committed_offset,
    c.committed_at,
    a.claimed_at
   FROM stream.groups g
     JOIN stream.topics t ON t.topic_id = g.topic_id
     JOIN stream.assignments a ON a.group_id = g.group_id
     CROSS JOIN LATERAL stream.committed(a.group_id, a.partition_id) c(sequence, committed_offset, committed_at);
comment on view stream.group_partitions is 'Owner, epoch and committed offset of each partition of each consumer group.';

create view stream.lag as
 SELECT g.name AS "group",
    t.name AS topic,
    a.partition_id AS partition,
    a.owner,
    c.committed_offset,
    e.end_offset,
    e.end_offset - c.committed_offset AS lag,
    c.committed_at
   FROM stream.groups g
     JOIN stream.topics t ON t.topic_id = g.topic_id
     JOIN stream.assignments a ON a.group_id = g.group_id
     CROSS JOIN LATERAL stream.committed(a.group_id, a.partition_id) c(sequence, committed_offset, committed_at)
     CROSS JOIN LATERAL stream.tail(g.topic_id, a.partition_id) e(segment_id, end_offset, created_at);
comment on view stream.lag is 'How many records of each partition each consumer group has still to read.';

create view stream.records as
 SELECT t.name AS topic,
    b.partition_id AS partition,
    b.base_offset + r.ordinality - 1 AS "offset",
    b.created_at AS "timestamp",
    r.key,
    r.value,
    b.headers[r.ordinality] AS headers
   FROM stream.batches b
     JOIN stream.topics t ON t.topic_id = b.topic_id
     JOIN stream.partitions p ON p.topic_id = b.topic_id AND p.partition_id = b.partition_id AND p.floor_offset <= b.base_offset
     CROSS JOIN LATERAL UNNEST(b.keys, b."values") WITH ORDINALITY r(key, value, ordinality);
comment on view stream.records is 'The log, a record a row, for people who look around; filter by topic, and expect it to read what it shows.';

create view stream.topic_partitions as
 SELECT t.name AS topic,
    p.partition_id AS partition,
    b.begin_offset,
    e.end_offset,
    e.end_offset - b.begin_offset AS records,
    e.created_at AS last_record_at
   FROM stream.topics t
     JOIN stream.partitions p ON p.topic_id = t.topic_id
     CROSS JOIN LATERAL ( SELECT COALESCE(min(s.base_offset), p.floor_offset) AS begin_offset
           FROM stream.segment_starts s
          WHERE s.topic_id = p.topic_id AND s.partition_id = p.partition_id) b
     CROSS JOIN LATERAL stream.tail(p.topic_id, p.partition_id) e(segment_id, end_offset, created_at);
comment on view stream.topic_partitions is 'Where each partition of each topic begins and ends. Costs a look-up a partition, whatever it holds.';

CREATE OR REPLACE FUNCTION jobs.begin_documents(p_job_ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  -- Shared, so that stages do not wait for each other; a statement of its own, so that the next one sees every
  -- cancellation that committed before.
  perform pg_advisory_xact_lock_shared(hashtextextended('jobs.begin', 0));
  if exists (select from jobs.cancellations c where c.job_id = any (p_job_ids)) then
    raise exception 'a job was cancelled after its document was loaded: load it again' using errcode = 'MR005';
  end if;
end $function$;
revoke execute on function jobs.begin_documents(p_job_ids uuid[]) from public;
comment on function jobs.begin_documents(p_job_ids uuid[]) is 'Stands in the transaction that begins these jobs, or lets others follow them: none of them is cancelled until it has ended. Raises MR005 when one was cancelled since the caller looked.';

CREATE OR REPLACE FUNCTION jobs.cancel(p_workspace text, p_id uuid)
 RETURNS TABLE(outcome text, id uuid, workspace text, source_uri text, status text, error_message text, chunks_total integer, completed_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  verdict text;
begin
  -- As a sweep: job rows have one writer at a time. Then no document is being begun, and none is until this has ended.
  perform pg_advisory_xact_lock(hashtextextended('jobs.sweep', 0));
  perform pg_advisory_xact_lock(hashtextextended('jobs.begin', 0));
  select case
      when j.completed_at is not null then 'ended'
      when exists (select from jobs.job_status f where f.follows = j.id and f.completed_at is null)
        or exists (
          select from jobs.progress p
          cross join lateral unnest(p.job_ids, p.follows) u (job_id, follows)
          join jobs.job_status f on f.id = u.job_id and f.completed_at is null
          where p.kind = 'repeated' and u.follows = j.id)
        then 'followed'
      else 'cancelled' end
    into verdict
  from jobs.job_status j
  where j.id = p_id and j.workspace = p_workspace;
  if verdict = 'cancelled' then
    insert into jobs.cancellations (job_id) values (p_id);
    update jobs.job_status j
    set status = 'failed', error_message = 'cancelled by client', completed_at = clock_timestamp()
    where j.id = p_id;
  end if;
  return query
  select verdict, j.id, j.workspace, j.source_uri, j.status, j.error_message, j.chunks_total, j.completed_at
  from jobs.job_status j
  where j.id = p_id and verdict is not null;
end $function$;
revoke execute on function jobs.cancel(p_workspace text, p_id uuid) from public;
comment on function jobs.cancel(p_workspace text, p_id uuid) is 'Ends a job that has not ended: failed, cancelled by client. Its outcome is cancelled; ended, when it was before; or followed, when the job of another request waits for this one''s content. No row when there is no such job.';

CREATE OR REPLACE FUNCTION jobs.sweep(p_graph_group text)
 RETURNS TABLE(id uuid, workspace text, source_uri text, status text, error_message text, chunks_total integer, completed_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  passed bigint[];
begin
  -- One sweep at a time: it alone updates jobs, so job rows never deadlock.
  if not pg_try_advisory_xact_lock(hashtextextended('jobs.sweep', 0)) then
    return;
  end if;
  select array_agg(g.committed_offset order by g.partition) into passed
  from stream.group_partitions g where g.group = p_graph_group;
  return query
  with ready as (
    select q.progress_id, q.job_ids
    from jobs.progress q
    where q.kind <> 'chunked'
      and (q.kind <> 'extracted'
        or not exists (select from unnest(q.ends, passed) e (needed, reached) where e.needed > coalesce(e.reached, 0)))
  ), begun as (
    select q.progress_id, q.job_ids,
      q.recorded_at between clock_timestamp() - interval '1 second' and clock_timestamp() and not 0 = any (q.counts) as waits
    from jobs.progress q
    where q.kind = 'chunked'
  ), chosen as (
    select r.progress_id from ready r
    union
    select b.progress_id from begun b where not b.waits
    union
    -- That a document was cut says only that its job is under way; it waits a second for what comes next of the same job.
    select b.progress_id
    from begun b
    cross join lateral unnest(b.job_ids) n (job_id)
    join (select distinct u.job_id from ready r cross join lateral unnest(r.job_ids) u (job_id)) known on known.job_id = n.job_id
    where b.waits
  ), facts as (
    delete from jobs.progress p
    where p.progress_id in (
      select c.progress_id from chosen c
      order by c.progress_id
      limit 2000
    )
    returning p.*
  ), folded as (
    select f.job_id as id,
      sum(f.count) filter (where facts.kind = 'chunked') as total,
      coalesce(sum(f.count) filter (where facts.kind = 'extracted'), 0) as processed,
      (array_agg(f.follows) filter (where f.follows is not null))[1] as follows,
      min(f.error) as error,
      min(facts.recorded_at) as first_at
    from facts
    cross join lateral unnest(facts.job_ids, facts.counts, facts.follows, facts.errors) f (job_id, count, follows, error)
    group by f.job_id
  ), counted as (
    select j.id, f.error, f.first_at,
      coalesce(j.chunks_total, f.total) as total,
      j.chunks_processed + f.processed as processed,
      coalesce(f.follows, j.follows) as follows,
      o.status as followed_status, o.chunks_total as followed_total, o.error_message as followed_error
    from folded f
    -- Limited, so that no plan looks at all jobs that are open.
    cross join lateral (select s.* from jobs.job_status s where s.id = f.id limit 1) j
    left join jobs.job_status o on o.id = f.follows and o.completed_at is not null
    where j.completed_at is null
  ), updated as (
    update jobs.job_status j
    set chunks_total = coalesce(c.total, c.followed_total),
        chunks_processed = case when c.followed_status = 'completed' then c.followed_total else c.processed end,
        follows = c.follows,
        started_at = coalesce(j.started_at, c.first_at),
        status = case
          when c.error is not null or c.followed_status = 'failed' then 'failed'
          when c.processed = c.total or c.followed_status = 'completed' then 'completed'
          else 'processing' end,
        error_message = coalesce(c.error, c.followed_error),
        completed_at = case
          when c.error is not null or c.processed = c.total or c.followed_status is not null then clock_timestamp() end
    from counted c
    where j.id = c.id
    returning j.*
  )
  select u.id, u.workspace, u.source_uri, u.status, u.error_message, u.chunks_total, u.completed_at
  from updated u;
end $function$;
revoke execute on function jobs.sweep(p_graph_group text) from public;
comment on function jobs.sweep(p_graph_group text) is 'Folds the facts whose mentions the graph group has read into job_status, in one statement, and returns the jobs it touched. That a document was cut waits up to a second for another fact of its job. Empty when another sweep runs.';

CREATE OR REPLACE FUNCTION jobs.sweep_followers(p_ended uuid[])
 RETURNS TABLE(id uuid, workspace text, source_uri text, status text, error_message text, chunks_total integer, completed_at timestamp with time zone)
 LANGUAGE sql
AS $function$
  update jobs.job_status j
  set status = o.status, error_message = o.error_message, chunks_total = o.chunks_total, chunks_processed = o.chunks_processed,
      started_at = coalesce(j.started_at, clock_timestamp()), completed_at = clock_timestamp()
  from jobs.job_status o
  where o.id = any (p_ended) and j.follows = o.id and j.completed_at is null
  returning j.id, j.workspace, j.source_uri, j.status, j.error_message, j.chunks_total, j.completed_at
$function$;
revoke execute on function jobs.sweep_followers(p_ended uuid[]) from public;
comment on function jobs.sweep_followers(p_ended uuid[]) is 'Ends the jobs that repeat the ones that have just ended.';

CREATE OR REPLACE FUNCTION lightrag.add_up_rebuild()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  delete from lightrag.rebuilt_votes v using lightrag.rebuilt_touched t where v.subject_id = t.subject_id;
  delete from lightrag.rebuilt_relationships r using lightrag.rebuilt_touched t where r.id = t.subject_id;
  delete from lightrag.rebuilt_entities e using lightrag.rebuilt_touched t where e.id = t.subject_id;
  insert into lightrag.rebuilt_votes (subject_id, kind, place, value, votes)
  select c.subject_id, c.kind, row_number() over (partition by c.subject_id, c.kind order by c.votes desc, c.value collate "C"), c.value, c.votes
  from (
    select m.entity_id as subject_id, v.kind, v.value, count(*) as votes
    from lightrag.rebuilt_touched t
    join lightrag.rebuilt_entity_mentions m on m.entity_id = t.subject_id
    cross join lateral (values ('name', m.name), ('type', m.entity_type), ('description', m.description)) v (kind, value)
    where v.value is not null
    group by m.entity_id, v.kind, v.value
    union all
    select m.relationship_id, 'description', m.description, count(*)
    from lightrag.rebuilt_touched t
    join lightrag.rebuilt_relationship_mentions m on m.relationship_id = t.subject_id
    where m.description is not null
    group by m.relationship_id, m.description
  ) c;
  insert into lightrag.rebuilt_relationships (
    id, workspace, partition_id, source_entity_id, target_entity_id, relationship_type, description, description_votes, mentions, evidence, created_at, updated_at)
  select r.id, r.workspace, r.partition_id, r.source_entity_id, r.target_entity_id, r.relationship_type, d.value, coalesce(d.votes, 0), r.mentions, r.evidence,
    r.created_at, r.updated_at
  from (
    select m.relationship_id as id, m.workspace, m.partition_id, m.source_entity_id, m.target_entity_id, m.relationship_type, count(*) as mentions,
      sum(m.evidence) as evidence, min(m.mentioned_at) as created_at, max(m.mentioned_at) as updated_at
    from lightrag.rebuilt_touched t
    join lightrag.rebuilt_relationship_mentions m on m.relationship_id = t.subject_id
    group by m.relationship_id, m.workspace, m.partition_id, m.source_entity_id, m.target_entity_id, m.relationship_type
  ) r
  left join lightrag.rebuilt_votes d on d.subject_id = r.id and d.kind = 'description' and d.place = 1;
  insert into lightrag.rebuilt_entities (
    id, workspace, partition_id, name, name_votes, entity_type, type_votes, description, description_votes, mentions, evidence, out_degree, in_degree,
    created_at, updated_at)
  select e.id, e.workspace, e.partition_id, n.value, n.votes, coalesce(k.value, 'UNKNOWN'), coalesce(k.votes, 0), d.value, coalesce(d.votes, 0), e.mentions,
    e.evidence, coalesce(o.relationships, 0), coalesce(i.relationships, 0), e.created_at, e.updated_at
  from (
    select m.entity_id as id, m.workspace, m.partition_id, count(*) as mentions, sum(m.evidence) as evidence, min(m.mentioned_at) as created_at,
      max(m.mentioned_at) as updated_at
    from lightrag.rebuilt_touched t
    join lightrag.rebuilt_entity_mentions m on m.entity_id = t.subject_id
    group by m.entity_id, m.workspace, m.partition_id
  ) e
  join lightrag.rebuilt_votes n on n.subject_id = e.id and n.kind = 'name' and n.place = 1
  left join lightrag.rebuilt_votes k on k.subject_id = e.id and k.kind = 'type' and k.place = 1
  left join lightrag.rebuilt_votes d on d.subject_id = e.id and d.kind = 'description' and d.place = 1
  left join (
    select r.source_entity_id as id, count(*) as relationships
    from lightrag.rebuilt_touched t
    join lightrag.rebuilt_relationships r on r.source_entity_id = t.subject_id
    group by r.source_entity_id) o on o.id = e.id
  left join (
    select r.target_entity_id as id, count(*) as relationships
    from lightrag.rebuilt_touched t
    join lightrag.rebuilt_relationships r on r.target_entity_id = t.subject_id
    group by r.target_entity_id) i on i.id = e.id;
  delete from lightrag.rebuilt_touched;
end $function$;
revoke execute on function lightrag.add_up_rebuild() from public;
comment on function lightrag.add_up_rebuild() is 'Adds up the entities and relationships that are touched, from all of their mentions at once: another way to what the graph stage does one by one.';

CREATE OR REPLACE FUNCTION lightrag.analyze_rebuild()
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  analyze lightrag.rebuilt_chunks, lightrag.rebuilt_entity_mentions, lightrag.rebuilt_relationship_mentions, lightrag.rebuilt_votes,
    lightrag.rebuilt_relationships, lightrag.rebuilt_entities, lightrag.rebuilt_touched;
end $function$;
revoke execute on function lightrag.analyze_rebuild() from public;
comment on function lightrag.analyze_rebuild() is 'Tells the planner how much a rebuild has found, which no autovacuum does in time. Runs with the rights of the owner.';

CREATE OR REPLACE FUNCTION lightrag.clear_rebuild()
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  truncate lightrag.rebuilt_chunks, lightrag.rebuilt_entity_mentions, lightrag.rebuilt_relationship_mentions, lightrag.rebuilt_votes,
    lightrag.rebuilt_relationships, lightrag.rebuilt_entities, lightrag.rebuilt_touched;
end $function$;
revoke execute on function lightrag.clear_rebuild() from public;
comment on function lightrag.clear_rebuild() is 'Empties what a rebuild works in. Runs with the rights of the owner.';

CREATE OR REPLACE FUNCTION lightrag.degree_bucket(p_degree bigint)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (p_degree < 16) THEN p_degree ELSE ((1)::bigint << (length(ltrim(((p_degree)::bit(64))::text, '0'::text)) - 1)) END;
comment on function lightrag.degree_bucket(p_degree bigint) is 'The bucket of a degree, named by its lowest: each degree below 16 is one of its own, then each power of two begins one. So the number of counters does not grow with the graph.';

CREATE OR REPLACE FUNCTION lightrag.hold_graph()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  -- Waits for the batches under way. From then on nobody commits a batch of these groups, nor claims one of their partitions.
  perform 1
  from stream.assignments a
  join stream.groups g on g.group_id = a.group_id
  where g.name in ('graph', 'stats')
  order by a.group_id, a.partition_id
  for no key update of a;
end $function$;
revoke execute on function lightrag.hold_graph() from public;
comment on function lightrag.hold_graph() is 'Keeps the groups graph and stats from committing until the caller''s transaction ends. Nobody else waits: readers see the graph as it was, and documents come in.';

CREATE OR REPLACE FUNCTION lightrag.read_mentions(p_key bytea, p_value bytea)
 RETURNS TABLE(workspace text, kind text, chunk uuid, entity uuid, relationship uuid, source uuid, target uuid, name text, type text, description text, evidence integer)
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
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
end $function$;
comment on function lightrag.read_mentions(p_key bytea, p_value bytea) is 'The mentions in a record of topic mentions: what a chunk says about one entity, a row each. kind is entity, relationship (out of that entity) or end (of a relationship to it). None when it is no such record.';

CREATE OR REPLACE FUNCTION lightrag.release_graph()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  place record;
begin
  for place in
    select g.name, a.group_id, a.partition_id, stream.end_offset(g.topic_id, a.partition_id) as end_offset, c.committed_offset
    from stream.assignments a
    join stream.groups g on g.group_id = a.group_id
    cross join lateral stream.committed(a.group_id, a.partition_id) c
    where g.name in ('graph', 'stats')
    order by a.group_id, a.partition_id
  loop
    -- To where it stands, or to the end: either way who owns the partition drops what he knows of the graph.
    perform stream.seek(place.group_id, place.partition_id,
      case when place.name = 'graph' then place.committed_offset else place.end_offset end);
    -- The chunks whose mentions are still on their way are in the graph, and changes of the graph that was are counted.
    update stream.assignments a
    set processed = a.processed + int8multirange(int8range(0, place.end_offset))
    where a.group_id = place.group_id and a.partition_id = place.partition_id;
  end loop;
end $function$;
revoke execute on function lightrag.release_graph() from public;
comment on function lightrag.release_graph() is 'Lets the groups graph and stats go on over a graph that was swapped, within the same transaction: graph where it was, taking what it reads up to the end for work done again; stats behind all changes of the graph before.';

CREATE OR REPLACE FUNCTION lightrag.swap_rebuild()
 RETURNS TABLE(relation text, written bigint, removed bigint)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  kept text[];
begin
  relation := 'entity_mentions';
  delete from lightrag.entity_mentions l
  where not exists (select from lightrag.rebuilt_entity_mentions r where r.entity_id = l.entity_id and r.chunk_id = l.chunk_id);
  get diagnostics removed = row_count;
  -- What is the same already is not touched: of a graph that is right, nothing is written at all.
  insert into lightrag.entity_mentions (entity_id, chunk_id, name, entity_type, description, evidence, occurrences)
  select r.entity_id, r.chunk_id, r.name, r.entity_type, r.description, r.evidence, r.occurrences
  from lightrag.rebuilt_entity_mentions r
  left join lightrag.entity_mentions l on l.entity_id = r.entity_id and l.chunk_id = r.chunk_id
  where l.entity_id is null
    or (l.name, l.entity_type, l.description, l.evidence, l.occurrences) is distinct from (r.name, r.entity_type, r.description, r.evidence, r.occurrences)
  on conflict (entity_id, chunk_id) do update
  set name = excluded.name, entity_type = excluded.entity_type, description = excluded.description, evidence = excluded.evidence,
      occurrences = excluded.occurrences;
  get diagnostics written = row_count;
  return next;

  relation := 'relationship_mentions';
  delete from lightrag.relationship_mentions l
  where not exists (select from lightrag.rebuilt_relationship_mentions r where r.relationship_id = l.relationship_id and r.chunk_id = l.chunk_id);
  get diagnostics removed = row_count;
  insert into lightrag.relationship_mentions (relationship_id, chunk_id, description, evidence)
  select r.relationship_id, r.chunk_id, r.description, r.evidence
  from lightrag.rebuilt_relationship_mentions r
  left join lightrag.relationship_mentions l on l.relationship_id = r.relationship_id and l.chunk_id = r.chunk_id
  where l.relationship_id is null or (l.description, l.evidence) is distinct from (r.description, r.evidence)
  on conflict (relationship_id, chunk_id) do update set description = excluded.description, evidence = excluded.evidence;
  get diagnostics written = row_count;
  return next;

  relation := 'relationship_ends';
  delete from lightrag.relationship_ends l
  where not exists (
    select from lightrag.rebuilt_relationship_mentions r
    where r.relationship_id = l.relationship_id and r.chunk_id = l.chunk_id and r.target_entity_id = l.entity_id);
  get diagnostics removed = row_count;
  insert into lightrag.relationship_ends (entity_id, relationship_id, chunk_id)
  select r.target_entity_id, r.relationship_id, r.chunk_id
  from lightrag.rebuilt_relationship_mentions r
  where not exists (
    select from lightrag.relationship_ends l
    where l.entity_id = r.target_entity_id and l.relationship_id = r.relationship_id and l.chunk_id = r.chunk_id);
  get diagnostics written = row_count;
  return next;

  relation := 'entities';
  delete from lightrag.entity_state l where not exists (select from lightrag.rebuilt_entities r where r.id = l.id);
  get diagnostics removed = row_count;
  insert into lightrag.entity_state (
    id, workspace, name, name_votes, entity_type, type_votes, description, description_votes, mentions, evidence, out_degree, in_degree, created_at, updated_at)
  select r.id, r.workspace, r.name, r.name_votes, r.entity_type, r.type_votes, r.description, r.description_votes, r.mentions, r.evidence, r.out_degree,
    r.in_degree, r.created_at, r.updated_at
  from lightrag.rebuilt_entities r
  left join lightrag.entity_state l on l.id = r.id
  where l.id is null
    or (l.workspace, l.name, l.name_votes, l.entity_type, l.type_votes, l.description, l.description_votes, l.mentions, l.evidence, l.out_degree, l.in_degree)
      is distinct from
      (r.workspace, r.name, r.name_votes, r.entity_type, r.type_votes, r.description, r.description_votes, r.mentions, r.evidence, r.out_degree, r.in_degree)
  on conflict (id) do update
  set workspace = excluded.workspace, name = excluded.name, name_votes = excluded.name_votes, entity_type = excluded.entity_type,
      type_votes = excluded.type_votes, description = excluded.description, description_votes = excluded.description_votes, mentions = excluded.mentions,
      evidence = excluded.evidence, out_degree = excluded.out_degree, in_degree = excluded.in_degree, created_at = excluded.created_at,
      updated_at = excluded.updated_at;
  get diagnostics written = row_count;
  return next;

  relation := 'relationships';
  delete from lightrag.relationship_state l where not exists (select from lightrag.rebuilt_relationships r where r.id = l.id);
  get diagnostics removed = row_count;
  insert into lightrag.relationship_state (
    id, workspace, source_entity_id, target_entity_id, relationship_type, description, description_votes, mentions, evidence, created_at, updated_at)
  select r.id, r.workspace, r.source_entity_id, r.target_entity_id, r.relationship_type, r.description, r.description_votes, r.mentions, r.evidence,
    r.created_at, r.updated_at
  from lightrag.rebuilt_relationships r
  left join lightrag.relationship_state l on l.id = r.id
  where l.id is null
    or (l.workspace, l.source_entity_id, l.target_entity_id, l.relationship_type, l.description, l.description_votes, l.mentions, l.evidence) is distinct from
      (r.workspace, r.source_entity_id, r.target_entity_id, r.relationship_type, r.description, r.description_votes, r.mentions, r.evidence)
  on conflict (id) do update
  set workspace = excluded.workspace, source_entity_id = excluded.source_entity_id, target_entity_id = excluded.target_entity_id,
      relationship_type = excluded.relationship_type, description = excluded.description, description_votes = excluded.description_votes,
      mentions = excluded.mentions, evidence = excluded.evidence, created_at = excluded.created_at, updated_at = excluded.updated_at;
  get diagnostics written = row_count;
  return next;

  relation := 'votes';
  delete from lightrag.votes l
  where not exists (
    select from lightrag.rebuilt_votes r where r.subject_id = l.subject_id and r.kind = l.kind and r.place > 1 and r.value = l.value);
  get diagnostics removed = row_count;
  insert into lightrag.votes (subject_id, kind, value_hash, value, votes)
  select r.subject_id, r.kind, md5(r.value)::uuid, r.value, r.votes
  from lightrag.rebuilt_votes r
  left join lightrag.votes l on l.subject_id = r.subject_id and l.kind = r.kind and l.value_hash = md5(r.value)::uuid
  where r.place > 1 and (l.subject_id is null or (l.value, l.votes) is distinct from (r.value, r.votes))
  on conflict (subject_id, kind, value_hash) do update set value = excluded.value, votes = excluded.votes;
  get diagnostics written = row_count;
  return next;

  relation := 'counters';
  delete from lightrag.counters l
  where l.value <> 0 and not exists (
    select from lightrag.rebuilt_counters r
    where r.partition_id = l.partition_id and r.workspace = l.workspace and r.name = l.name and r.key = l.key);
  get diagnostics removed = row_count;
  insert into lightrag.counters (partition_id, workspace, name, key, value, updated_at)
  select r.partition_id, r.workspace, r.name, r.key, r.value, clock_timestamp()
  from lightrag.rebuilt_counters r
  left join lightrag.counters l on l.partition_id = r.partition_id and l.workspace = r.workspace and l.name = r.name and l.key = r.key
  where l.value is distinct from r.value
  on conflict (workspace, name, key, partition_id) do update set value = excluded.value, updated_at = excluded.updated_at;
  get diagnostics written = row_count;
  return next;

  relation := 'growth';
  -- It tells when the graph grew, which nothing else knows: kept for as long as it adds up to what the graph has.
  select coalesce(array_agg(k.place), '{}') into kept
  from (
    select t.partition_id || '/' || t.workspace as place
    from (
      select g.workspace, g.partition_id, g.grain, sum(g.entities) as entities, sum(g.relationships) as relationships, sum(g.mentions) as mentions
      from lightrag.growth g
      group by g.workspace, g.partition_id, g.grain
    ) t
    join (
      select c.workspace, c.partition_id,
        coalesce(sum(c.value) filter (where c.name = 'entities'), 0) as entities,
        coalesce(sum(c.value) filter (where c.name = 'relationships'), 0) as relationships,
        coalesce(sum(c.value) filter (where c.name in ('entity_mentions', 'relationship_mentions')), 0) as mentions
      from lightrag.counters c
      group by c.workspace, c.partition_id
    ) c on c.workspace = t.workspace and c.partition_id = t.partition_id
    where (c.entities, c.relationships, c.mentions) = (t.entities, t.relationships, t.mentions)
    group by t.workspace, t.partition_id
    having count(*) = 3
  ) k;
  delete from lightrag.growth l
  where not l.partition_id || '/' || l.workspace = any (kept);
  get diagnostics removed = row_count;
  insert into lightrag.growth (partition_id, workspace, grain, starts_at, entities, relationships, mentions)
  select r.partition_id, r.workspace, r.grain, r.starts_at, r.entities, r.relationships, r.mentions
  from lightrag.rebuilt_growth r
  where not r.partition_id || '/' || r.workspace = any (kept);
  get diagnostics written = row_count;
  return next;

  relation := 'top_entities';
  delete from lightrag.top_entities l
  where not exists (
    select from lightrag.rebuilt_top_entities r
    where r.partition_id = l.partition_id and r.workspace = l.workspace and r.entity_id = l.entity_id);
  get diagnostics removed = row_count;
  insert into lightrag.top_entities (partition_id, workspace, entity_id, name, degree)
  select r.partition_id, r.workspace, r.entity_id, r.name, r.degree
  from lightrag.rebuilt_top_entities r
  left join lightrag.top_entities l on l.partition_id = r.partition_id and l.workspace = r.workspace and l.entity_id = r.entity_id
  where l.entity_id is null or (l.name, l.degree) is distinct from (r.name, r.degree)
  on conflict (partition_id, workspace, entity_id) do update set name = excluded.name, degree = excluded.degree;
  get diagnostics written = row_count;
  return next;
end $function$;
revoke execute on function lightrag.swap_rebuild() from public;
comment on function lightrag.swap_rebuild() is 'Makes graph and statistics what a rebuild found, within the caller''s transaction: removes and writes what differs, and tells how many rows that was. Call it behind hold_graph, with every chunk made again.';

CREATE OR REPLACE FUNCTION stream."fetch"(p_topic_id integer, p_partition_id integer, p_offset bigint, p_max_bytes integer)
 RETURNS TABLE(base_offset bigint, record_count integer, created_at timestamp with time zone, keys bytea[], "values" bytea[], headers bytea[])
 LANGUAGE sql
 STABLE
AS $function$
  select f.base_offset, f.record_count, f.created_at, f.keys, f."values", f.headers
  from stream.fetch(p_topic_id, p_partition_id, p_offset, p_max_bytes, 2147483647) f
$function$;
comment on function stream."fetch"(p_topic_id integer, p_partition_id integer, p_offset bigint, p_max_bytes integer) is 'As pods of the release before call it: with the contents of all batches, however large.';

CREATE OR REPLACE FUNCTION stream."fetch"(p_topic_id integer, p_partition_id integer, p_offset bigint, p_max_bytes integer, p_largest integer)
 RETURNS TABLE(base_offset bigint, record_count integer, created_at timestamp with time zone, keys bytea[], "values" bytea[], headers bytea[], size_bytes integer)
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  in_segment int;
  floor_offset bigint;
  before record;
begin
  -- The next segment of a partition begins where this one ends, so the offset is in this one or nowhere.
  select s.segment_id into in_segment
  from stream.segment_starts s
  where s.topic_id = p_topic_id and s.partition_id = p_partition_id and s.base_offset <= p_offset
  order by s.segment_id desc
  limit 1;
  if in_segment is null then
    select coalesce(min(s.base_offset), (select p.floor_offset from stream.partitions p where p.topic_id = p_topic_id and p.partition_id = p_partition_id))
    into floor_offset
    from stream.segment_starts s
    where s.topic_id = p_topic_id and s.partition_id = p_partition_id;
    if p_offset < floor_offset then
      raise exception 'offset % of partition % of topic % is gone; the partition begins at %', p_offset, p_partition_id, p_topic_id, floor_offset
        using errcode = 'MR002', detail = floor_offset::text;
    end if;
    return;
  end if;
  return query select * from stream.read_batches(p_topic_id, in_segment, p_partition_id, p_offset, p_max_bytes, p_largest);
  if not found then
    -- Within a batch, or at the end.
    execute format(
      'select b.base_offset, b.record_count from stream.%I b where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = $3 and b.base_offset < $4 order by b.base_offset desc limit 1',
      stream.segment_table(p_topic_id, in_segment))
    into before
    using p_topic_id, in_segment, p_partition_id, p_offset;
    if before.base_offset + before.record_count > p_offset then
      return query select * from stream.read_batches(p_topic_id, in_segment, p_partition_id, before.base_offset, p_max_bytes, p_largest);
    end if;
  end if;
end $function$;
revoke execute on function stream."fetch"(p_topic_id integer, p_partition_id integer, p_offset bigint, p_max_bytes integer, p_largest integer) from public;
comment on function stream."fetch"(p_topic_id integer, p_partition_id integer, p_offset bigint, p_max_bytes integer, p_largest integer) is 'Batches of a partition from the one that holds p_offset on, at least one where there is one, until p_max_bytes are passed. A batch of more than p_largest bytes comes without its contents. An offset before the beginning of the partition is an error (MR002).';

CREATE OR REPLACE FUNCTION stream.append(p_topic_id integer, p_partition_id integer, p_batch_id uuid, p_size_bytes integer, p_keys bytea[], p_values bytea[], p_headers bytea[], p_known_end bigint, OUT base_offset bigint, OUT created_at timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  last record;
  into_segment int;
begin
  perform pg_advisory_xact_lock(stream.lock_key(p_topic_id, p_partition_id));
  -- A later statement than the lock, so it sees whatever was committed while we waited: commit order is offset order.
  select t.segment_id, t.end_offset, t.created_at into last from stream.tail(p_topic_id, p_partition_id) t;
  -- A batch may have been appended by an earlier try whose answer was lost; it can only stand behind what the appender knew.
  if p_known_end < last.end_offset then
    select b.base_offset, b.created_at into base_offset, created_at
    from stream.batches b
    join stream.segment_starts s on s.topic_id = b.topic_id and s.segment_id = b.segment_id and s.partition_id = b.partition_id
    where b.topic_id = p_topic_id and b.partition_id = p_partition_id and b.base_offset >= p_known_end and b.batch_id = p_batch_id;
    if found then
      return;
    end if;
  end if;
  base_offset := last.end_offset;
  created_at := greatest(clock_timestamp(), last.created_at);
  select s.segment_id into into_segment
  from stream.segments s
  where s.topic_id = p_topic_id and s.starts_at <= append.created_at
  order by s.segment_id desc
  limit 1;
  into_segment := greatest(into_segment, last.segment_id);
  if last.segment_id is null then
    -- By a clock that was set back it could be a segment that is about to be dropped.
    select greatest(into_segment, p.floor_segment) into into_segment
    from stream.partitions p
    where p.topic_id = p_topic_id and p.partition_id = p_partition_id;
  end if;
  if last.segment_id is null or into_segment > last.segment_id then
    insert into stream.segment_starts (topic_id, partition_id, segment_id, base_offset)
    values (p_topic_id, p_partition_id, into_segment, append.base_offset);
  end if;
  -- Into the segment itself: an insert into stream.batches holds the topic's table until it commits, and a segment that is to
  -- be dropped would have to wait for every append under way, with all others queued behind it.
  execute format(
    'insert into stream.%I (topic_id, segment_id, partition_id, base_offset, record_count, size_bytes, created_at, batch_id, keys, "values", headers)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
    stream.segment_table(p_topic_id, into_segment))
  using p_topic_id, into_segment, p_partition_id, append.base_offset, cardinality(p_values), p_size_bytes, append.created_at, p_batch_id, p_keys, p_values,
    p_headers;
end $function$;
revoke execute on function stream.append(p_topic_id integer, p_partition_id integer, p_batch_id uuid, p_size_bytes integer, p_keys bytea[], p_values bytea[], p_headers bytea[], p_known_end bigint, OUT base_offset bigint, OUT created_at timestamp with time zone) from public;
comment on function stream.append(p_topic_id integer, p_partition_id integer, p_batch_id uuid, p_size_bytes integer, p_keys bytea[], p_values bytea[], p_headers bytea[], p_known_end bigint, OUT base_offset bigint, OUT created_at timestamp with time zone) is 'Appends a batch behind the tail of a partition and holds the partition until the transaction ends, so call it last. With p_known_end (a point where the partition ended before the first try) the call can be repeated: a batch id that is there already is not appended again.';

CREATE OR REPLACE FUNCTION stream.append_batches(p_topic_id integer, p_partition_ids integer[], p_batch_ids uuid[], p_size_bytes integer[], p_firsts integer[], p_record_counts integer[], p_with_headers boolean[], p_keys bytea[], p_values bytea[], p_headers bytea[])
 RETURNS bigint[]
 LANGUAGE plpgsql
AS $function$
declare
  lasts int[];
  ends bigint[] := array_fill(null::bigint, array[cardinality(p_partition_ids)]);
  times timestamptz[] := array_fill(null::timestamptz, array[cardinality(p_partition_ids)]);
  base_offsets bigint[];
  created timestamptz[];
  intos int[];
  began timestamptz;
  partition int;
  segment int;
  tail record;
begin
  -- In a loop: the planner of a set-based form may choose another order, and appenders would deadlock.
  foreach partition in array p_partition_ids loop
    perform pg_advisory_xact_lock(stream.lock_key(p_topic_id, partition));
  end loop;
  -- Later statements than the locks, as in stream.append.
  began := clock_timestamp();
  lasts := array(
    select (
      select s.segment_id
      from stream.segment_starts s
      where s.topic_id = p_topic_id and s.partition_id = p.partition_id
      order by s.segment_id desc
      limit 1)
    from unnest(p_partition_ids) with ordinality p (partition_id, place)
    order by p.place);
  for segment in select distinct l.segment_id from unnest(lasts) l (segment_id) where l.segment_id is not null loop
    for tail in
      execute format(
        'select p.place, b.end_offset, b.created_at
         from unnest($3, $4) with ordinality p (partition_id, segment_id, place)
         cross join lateral (
           select b.base_offset + b.record_count as end_offset, b.created_at
           from stream.%I b
           where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = p.partition_id
           order by b.base_offset desc
           limit 1) b
         where p.segment_id = $2',
        stream.segment_table(p_topic_id, segment))
      using p_topic_id, segment, p_partition_ids, lasts
    loop
      ends[tail.place] := tail.end_offset;
      times[tail.place] := tail.created_at;
    end loop;
  end loop;
  select array_agg(q.base_offset order by q.place), array_agg(q.created_at order by q.place),
    array_agg(greatest(q.due, q.last, case when q.last is null then q.floor_segment end) order by q.place)
  into base_offsets, created, intos
  from (
    select p.place, p.last, f.floor_segment, coalesce(p.end_offset, f.floor_offset) as base_offset, greatest(began, p.last_at) as created_at,
      (select s.segment_id from stream.segments s where s.topic_id = p_topic_id and s.starts_at <= greatest(began, p.last_at) order by s.segment_id desc limit 1) as due
    from unnest(p_partition_ids, lasts, ends, times) with ordinality p (partition_id, last, end_offset, last_at, place)
    left join stream.partitions f on f.topic_id = p_topic_id and f.partition_id = p.partition_id
  ) q;
  if array_position(base_offsets, null) is not null then
    raise exception 'partition % of topic % does not exist', p_partition_ids[array_position(base_offsets, null)], p_topic_id using errcode = 'MR003';
  end if;
  if intos is distinct from lasts then
    insert into stream.segment_starts (topic_id, partition_id, segment_id, base_offset)
    select p_topic_id, p.partition_id, p.into_segment, p.base_offset
    from unnest(p_partition_ids, lasts, intos, base_offsets) p (partition_id, last, into_segment, base_offset)
    where p.last is distinct from p.into_segment;
  end if;
  for segment in select distinct i.segment_id from unnest(intos) i (segment_id) loop
    execute format(
      'insert into stream.%I (topic_id, segment_id, partition_id, base_offset, record_count, size_bytes, created_at, batch_id, keys, "values", headers)
       select $1, $2, p.partition_id, p.base_offset, p.record_count, p.size_bytes, p.created_at, p.batch_id,
         $12[p.first + 1 : p.first + p.record_count], $13[p.first + 1 : p.first + p.record_count],
         case when p.with_headers then $14[p.first + 1 : p.first + p.record_count] end
       from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11)
         p (partition_id, into_segment, base_offset, record_count, size_bytes, created_at, batch_id, first, with_headers)
       where p.into_segment = $2',
      stream.segment_table(p_topic_id, segment))
    using p_topic_id, segment, p_partition_ids, intos, base_offsets, p_record_counts, p_size_bytes, created, p_batch_ids, p_firsts, p_with_headers,
      p_keys, p_values, p_headers;
  end loop;
  return base_offsets;
end $function$;
revoke execute on function stream.append_batches(p_topic_id integer, p_partition_ids integer[], p_batch_ids uuid[], p_size_bytes integer[], p_firsts integer[], p_record_counts integer[], p_with_headers boolean[], p_keys bytea[], p_values bytea[], p_headers bytea[]) from public;
comment on function stream.append_batches(p_topic_id integer, p_partition_ids integer[], p_batch_ids uuid[], p_size_bytes integer[], p_firsts integer[], p_record_counts integer[], p_with_headers boolean[], p_keys bytea[], p_values bytea[], p_headers bytea[]) is 'Appends a small batch to each of several partitions of a topic, given in ascending order, and gives their offsets. A batch is the records behind the first p_firsts of keys, values and headers. It holds the partitions until the transaction ends, so call it last.';

CREATE OR REPLACE FUNCTION stream.bounds(p_offsets int8multirange, p_from bigint)
 RETURNS bigint[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT b.bound FROM (unnest(bounds.p_offsets) r(r) CROSS JOIN LATERAL (VALUES (lower(r.r)), (upper(r.r))) b(bound)) WHERE (upper(r.r) > bounds.p_from) ORDER BY b.bound);
comment on function stream.bounds(p_offsets int8multirange, p_from bigint) is 'The ranges that end behind an offset, as begin, end, begin, end …: clients know arrays, and no ranges.';

CREATE OR REPLACE FUNCTION stream.claim(p_group_id integer, p_member_id uuid, p_lease interval, p_running integer[])
 RETURNS TABLE(partition_id integer, epoch bigint, sequence bigint, committed_offset bigint, high_offset bigint, unclean_claims integer, trial_offset bigint, trial_end bigint, trials integer, processed bigint[])
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  live uuid[];
  total int;
  share int;
  free int[];
begin
  select coalesce(array_agg(m order by m), '{}') into live from stream.live_members(p_group_id, p_lease) m;
  if not p_member_id = any (live) then
    return;
  end if;
  -- What it owns and does not run, it let go in doubt or claimed in a tick whose answer was lost. Anybody may have it: by
  -- now its own share may be smaller.
  update stream.assignments a
  set owner = null
  from (
    select o.partition_id
    from stream.assignments o
    where o.group_id = p_group_id and o.owner = p_member_id and not o.partition_id = any (p_running)
    for no key update skip locked
  ) mine
  where a.group_id = p_group_id and a.partition_id = mine.partition_id;
  select count(*) into total from stream.assignments a where a.group_id = p_group_id;
  share := total / cardinality(live) + case when array_position(live, p_member_id) <= total % cardinality(live) then 1 else 0 end;
  if cardinality(p_running) >= share then
    return;
  end if;
  -- Skip locked: a partition whose owner is committing right now is not free, whatever its lease says.
  select array_agg(f.partition_id) into free
  from (
    select a.partition_id
    from stream.assignments a
    where a.group_id = p_group_id
      and (a.owner is null or not a.owner = any (live))
      -- Where a seek has taken it from a run that has not noticed yet, that run ends first.
      and not a.partition_id = any (p_running)
    order by a.partition_id
    limit share - cardinality(p_running)
    for no key update skip locked
  ) f;
  -- Later statements than the locks: the last commit of the old owner is visible, and it can make no other.
  update stream.assignments a
  set owner = p_member_id,
      epoch = a.epoch + 1,
      claimed_at = clock_timestamp(),
      unclean_claims = case
        when a.owner is null then a.unclean_claims
        when a.unclean_offset = c.committed_offset then a.unclean_claims + 1
        else 1 end,
      unclean_offset = case when a.owner is null then a.unclean_offset else c.committed_offset end,
      -- Counted here and not when the mark is made: a trial that the database or a dependency broke off is none.
      trials = case
        when a.owner is null or a.trial_epoch <> a.epoch or a.trial_offset <> c.committed_offset then a.trials
        else a.trials + 1 end
  from unnest(free) f (partition_id), lateral stream.committed(p_group_id, f.partition_id) c
  where a.group_id = p_group_id and a.partition_id = f.partition_id;
  return query
  select a.partition_id, a.epoch, c.sequence, c.committed_offset, a.high_offset,
    case when a.unclean_offset = c.committed_offset then a.unclean_claims else 0 end, a.trial_offset, a.trial_end, a.trials,
    stream.bounds(a.processed, c.committed_offset)
  from unnest(free) f (partition_id)
  join stream.assignments a on a.group_id = p_group_id and a.partition_id = f.partition_id
  cross join lateral stream.committed(p_group_id, f.partition_id) c
  order by a.partition_id;
end $function$;
revoke execute on function stream.claim(p_group_id integer, p_member_id uuid, p_lease interval, p_running integer[]) from public;
comment on function stream.claim(p_group_id integer, p_member_id uuid, p_lease interval, p_running integer[]) is 'Claims partitions for a member up to its fair share: free ones and those of members whose lease ended; its own that it does not run become free first. Each claim raises the epoch; taking from a member that vanished counts as unclean, and as a trial when that member had marked one at the committed offset.';

CREATE OR REPLACE FUNCTION stream.commit_offset(p_group_id integer, p_partition_id integer, p_epoch bigint, p_sequence bigint, p_offset bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  -- Holds the row until the transaction ends, so that a claim waits for its outcome or passes it by.
  perform 1 from stream.assignments a
  where a.group_id = p_group_id and a.partition_id = p_partition_id and a.epoch = p_epoch
  for no key update;
  if not found then
    -- An error, not zero rows: a pipelined commit that follows would go through.
    raise exception 'fenced: partition % of group % is no longer in epoch %', p_partition_id, p_group_id, p_epoch using errcode = 'MR001';
  end if;
  insert into stream.commits (group_id, partition_id, sequence, committed_offset, epoch, committed_at)
  values (p_group_id, p_partition_id, p_sequence + 1, p_offset, p_epoch, clock_timestamp())
  on conflict do nothing;
  if not found then
    raise exception 'fenced: commit % of partition % of group % is there already', p_sequence + 1, p_partition_id, p_group_id using errcode = 'MR001';
  end if;
end $function$;
revoke execute on function stream.commit_offset(p_group_id integer, p_partition_id integer, p_epoch bigint, p_sequence bigint, p_offset bigint) from public;
comment on function stream.commit_offset(p_group_id integer, p_partition_id integer, p_epoch bigint, p_sequence bigint, p_offset bigint) is 'The fence: commits an offset where epoch and last commit are still the caller''s, and raises MR001 where they are not. First statement of a batch''s transaction.';

CREATE OR REPLACE FUNCTION stream.commit_offsets(p_group_id integer, p_partition_ids integer[], p_epochs bigint[], p_sequences bigint[], p_offsets bigint[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  expected int := cardinality(p_partition_ids);
  found_rows int;
begin
  -- In the order in which a seek locks partitions; holds the rows until the transaction ends, so that a claim waits for its
  -- outcome or passes it by.
  perform 1
  from stream.assignments a
  join unnest(p_partition_ids, p_epochs) c (partition_id, epoch) on c.partition_id = a.partition_id and c.epoch = a.epoch
  where a.group_id = p_group_id
  order by a.partition_id
  for no key update of a;
  get diagnostics found_rows = row_count;
  if found_rows < expected then
    raise exception 'fenced: % of % partitions of group % are in another epoch', expected - found_rows, expected, p_group_id using errcode = 'MR001';
  end if;
  insert into stream.commits (group_id, partition_id, sequence, committed_offset, epoch, committed_at)
  select p_group_id, c.partition_id, c.sequence + 1, c.committed_offset, c.epoch, clock_timestamp()
  from unnest(p_partition_ids, p_epochs, p_sequences, p_offsets) c (partition_id, epoch, sequence, committed_offset)
  on conflict do nothing;
  get diagnostics found_rows = row_count;
  if found_rows < expected then
    raise exception 'fenced: % of % commits of group % are there already', expected - found_rows, expected, p_group_id using errcode = 'MR001';
  end if;
end $function$;
revoke execute on function stream.commit_offsets(p_group_id integer, p_partition_ids integer[], p_epochs bigint[], p_sequences bigint[], p_offsets bigint[]) from public;
comment on function stream.commit_offsets(p_group_id integer, p_partition_ids integer[], p_epochs bigint[], p_sequences bigint[], p_offsets bigint[]) is 'The fence of several partitions in one transaction: commits their offsets where every epoch and last commit is still the caller''s, and raises MR001 where one is not. First statement of the transaction.';

CREATE OR REPLACE FUNCTION stream.committed(p_group_id integer, p_partition_id integer, OUT sequence bigint, OUT committed_offset bigint, OUT committed_at timestamp with time zone)
 RETURNS record
 LANGUAGE sql
 STABLE
AS $function$
  select c.sequence, c.committed_offset, c.committed_at
  from stream.commits c
  where c.group_id = p_group_id and c.partition_id = p_partition_id
  order by c.sequence desc
  limit 1
$function$;
comment on function stream.committed(p_group_id integer, p_partition_id integer, OUT sequence bigint, OUT committed_offset bigint, OUT committed_at timestamp with time zone) is 'The newest commit of a partition of a group.';

CREATE OR REPLACE FUNCTION stream.create_group(p_name text, p_topic_id integer)
 RETURNS stream.groups
 LANGUAGE plpgsql
AS $function$
declare
  consumer_group stream.groups;
begin
  perform pg_advisory_xact_lock(hashtextextended('stream.create_group', 0));
  select * into consumer_group from stream.groups g where g.name = p_name;
  if found then
    if consumer_group.topic_id <> p_topic_id then
      raise exception 'group % reads another topic', p_name using errcode = 'MR004';
    end if;
    return consumer_group;
  end if;
  -- No floor moves between looking at it and beginning there.
  perform pg_advisory_xact_lock_shared(stream.retention_lock());
  insert into stream.groups (name, topic_id) values (p_name, p_topic_id) returning * into consumer_group;
  insert into stream.assignments (group_id, partition_id, run_from)
  select consumer_group.group_id, p.partition_id, p.floor_offset from stream.partitions p where p.topic_id = p_topic_id;
  insert into stream.commits (group_id, partition_id, sequence, committed_offset, epoch, committed_at)
  select consumer_group.group_id, p.partition_id, 0, p.floor_offset, 0, now() from stream.partitions p where p.topic_id = p_topic_id;
  return consumer_group;
end $function$;
revoke execute on function stream.create_group(p_name text, p_topic_id integer) from public;
comment on function stream.create_group(p_name text, p_topic_id integer) is 'The group of that name, made to begin at the first record of its topic when it is not there yet.';

CREATE OR REPLACE FUNCTION stream.create_segment(p_topic_id integer, p_starts_at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  new_segment int;
  leaf text;
begin
  select coalesce(max(s.segment_id), 0) + 1 into new_segment from stream.segments s where s.topic_id = p_topic_id;
  leaf := stream.segment_table(p_topic_id, new_segment);
  -- Made as a table of its own and attached then: attaching takes no lock that an append or a fetch waits for.
  execute format('create table stream.%I (like stream.batches including defaults including constraints including storage including comments)', leaf);
  execute format('alter table stream.%I add constraint %I primary key (topic_id, segment_id, partition_id, base_offset)', leaf, leaf || '_pkey');
  execute format('alter table stream.%I add constraint %I check (topic_id = %s and segment_id = %s)', leaf, leaf || '_check', p_topic_id, new_segment);
  execute format('alter table stream.%I attach partition stream.%I for values in (%s)', 'batches_' || p_topic_id, leaf, new_segment);
  insert into stream.segments (topic_id, segment_id, starts_at) values (p_topic_id, new_segment, p_starts_at);
  return new_segment;
end $function$;
revoke execute on function stream.create_segment(p_topic_id integer, p_starts_at timestamp with time zone) from public;
comment on function stream.create_segment(p_topic_id integer, p_starts_at timestamp with time zone) is 'Makes and attaches the next segment of a topic, to be written from p_starts_at on.';

CREATE OR REPLACE FUNCTION stream.create_segments_ahead(p_length interval, p_ahead interval)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  newest record;
  created int := 0;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('stream.create_segments_ahead', 0)) then
    return 0;
  end if;
  for newest in
    select s.topic_id, max(s.starts_at) as starts_at, max(s.created_at) as created_at
    from stream.segments s
    group by s.topic_id
    order by s.topic_id
  loop
    -- The first segment begins at -infinity: its successor follows a length after it was made.
    newest.starts_at := greatest(newest.starts_at, newest.created_at) + p_length;
    if newest.starts_at <= clock_timestamp() + p_ahead then
      perform stream.create_segment(newest.topic_id, greatest(newest.starts_at, clock_timestamp()));
      created := created + 1;
    end if;
  end loop;
  return created;
end $function$;
revoke execute on function stream.create_segments_ahead(p_length interval, p_ahead interval) from public;
comment on function stream.create_segments_ahead(p_length interval, p_ahead interval) is 'Makes, for each topic, the segment that follows the newest one when that is due within p_ahead; returns how many. Runs with the rights of the owner.';

CREATE OR REPLACE FUNCTION stream.create_topic(p_name text, p_partitions integer)
 RETURNS stream.topics
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  topic stream.topics;
begin
  -- One at a time for a name: pods that start together all ask for the same topics.
  perform pg_advisory_xact_lock(hashtextextended('stream.create_topic', 0));
  select * into topic from stream.topics t where t.name = p_name;
  if found then
    return topic;
  end if;
  insert into stream.topics (name, partitions) values (p_name, p_partitions) returning * into topic;
  insert into stream.partitions (topic_id, partition_id) select topic.topic_id, generate_series(0, p_partitions - 1);
  -- Attached rather than made as a partition: that would lock all of stream.batches, and appends would queue behind it.
  execute format('create table stream.%I (like stream.batches including defaults including constraints including storage including comments) partition by list (segment_id)', 'batches_' || topic.topic_id);
  execute format('alter table stream.%I add constraint %I primary key (topic_id, segment_id, partition_id, base_offset)', 'batches_' || topic.topic_id, 'batches_' || topic.topic_id || '_pkey');
  execute format('alter table stream.batches attach partition stream.%I for values in (%s)', 'batches_' || topic.topic_id, topic.topic_id);
  perform stream.create_segment(topic.topic_id, '-infinity');
  return topic;
end $function$;
revoke execute on function stream.create_topic(p_name text, p_partitions integer) from public;
comment on function stream.create_topic(p_name text, p_partitions integer) is 'The topic of that name, made with its partitions and first segment when it is not there yet.';

CREATE OR REPLACE FUNCTION stream.drop_segment(p_topic_id integer, p_segment_id integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '50ms'
AS $function$
declare
  leaf text := stream.segment_table(p_topic_id, p_segment_id);
begin
  if not pg_try_advisory_xact_lock(hashtextextended('stream.drop_segment', 0)) then
    return false;
  end if;
  if not exists (
    select from stream.segments s
    where s.topic_id = p_topic_id and s.segment_id = p_segment_id and s.retired_at is not null) then
    return false;
  end if;
  -- The segment before its topic: who holds this one up, a reader of old records, then holds up no other reader.
  execute format('lock table stream.%I in access exclusive mode', leaf);
  execute format('alter table stream.%I detach partition stream.%I', 'batches_' || p_topic_id, leaf);
  execute format('drop table stream.%I', leaf);
  delete from stream.segments s where s.topic_id = p_topic_id and s.segment_id = p_segment_id;
  return true;
end $function$;
revoke execute on function stream.drop_segment(p_topic_id integer, p_segment_id integer) from public;
comment on function stream.drop_segment(p_topic_id integer, p_segment_id integer) is 'Drops a retired segment, unless another session is at it. Waits 50 ms for each lock at most, because whoever reads the whole topic, or writes to a segment for the first time, queues behind it meanwhile; an error then (55P03), to be tried again. Runs with the rights of the owner.';

CREATE OR REPLACE FUNCTION stream.due_segments(p_topics interval, p_events interval, p_dead_letters interval, p_unseen interval, p_always text[])
 RETURNS TABLE(topic_id integer, topic text, segment_id integer, partition_id integer, before timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_column
declare
  kept record;
  segment record;
  cutoff timestamptz;
begin
  for kept in
    select t.topic_id, t.name,
      case when t.name = 'events' then p_events when t.name like '%.dead-letters' then p_dead_letters else p_topics end as length
    from stream.topics t
    order by t.topic_id
  loop
    cutoff := clock_timestamp() - kept.length;
    continue when cutoff is null;
    for segment in
      select s.segment_id from stream.segments s where s.topic_id = kept.topic_id and s.retired_at is null order by s.segment_id
    loop
      exit when exists (
        select from stream.partitions p
        where p.topic_id = kept.topic_id and p.floor_segment <= segment.segment_id
          and stream.floor_behind(p.topic_id, p.partition_id, segment.segment_id, cutoff, p_unseen, p_always) is null);
      return query
      select p.topic_id, kept.name, segment.segment_id, p.partition_id, cutoff
      from stream.partitions p
      where p.topic_id = kept.topic_id and p.floor_segment <= segment.segment_id
      order by p.partition_id;
    end loop;
  end loop;
end $function$;
comment on function stream.due_segments(p_topics interval, p_events interval, p_dead_letters interval, p_unseen interval, p_always text[]) is 'Segments, oldest first, that no partition of their topic needs any more, and the partitions that have still to leave them behind. How long records are kept is said for topic events, for dead letters and for all others; null: for ever.';

CREATE OR REPLACE FUNCTION stream.end_offset(p_topic_id integer, p_partition_id integer)
 RETURNS bigint
 LANGUAGE sql
 STABLE
RETURN (SELECT t.end_offset FROM stream.tail(end_offset.p_topic_id, end_offset.p_partition_id) t(segment_id, end_offset, created_at));
comment on function stream.end_offset(p_topic_id integer, p_partition_id integer) is 'The offset that the next record of a partition gets.';

CREATE OR REPLACE FUNCTION stream.fetch_batches(p_topic_id integer, p_partition_ids integer[], p_offsets bigint[], p_max_bytes integer[], p_largest integer)
 RETURNS SETOF stream.placed_batch
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  segments int[];
  segment int;
  -- A row and not a variable a column, as in stream.read_batches.
  batch stream.placed_batch;
  place int;
  bytes bigint;
begin
  segments := array(
    select (
      select s.segment_id
      from stream.segment_starts s
      where s.topic_id = p_topic_id and s.partition_id = p.partition_id and s.base_offset <= p.from_offset
      order by s.segment_id desc
      limit 1)
    from unnest(p_partition_ids, p_offsets) with ordinality p (partition_id, from_offset, place)
    order by p.place);
  for segment in select distinct s.segment_id from unnest(segments) s (segment_id) where s.segment_id is not null loop
    place := 0;
    for batch in
      execute format(
        'select p.place::int, b.base_offset, b.record_count, b.created_at, b.keys, b."values", b.headers, b.size_bytes
         from unnest($3, $4, $5) with ordinality p (partition_id, segment_id, from_offset, place)
         cross join lateral (
           select *
           from stream.%I b
           where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = p.partition_id and b.base_offset >= p.from_offset
           order by b.base_offset
           limit 256) b
         where p.segment_id = $2',
        stream.segment_table(p_topic_id, segment))
      using p_topic_id, segment, p_partition_ids, segments, p_offsets
    loop
      if batch.place <> place then
        place := batch.place;
        bytes := 0;
      end if;
      continue when bytes >= p_max_bytes[place];
      bytes := bytes + batch.size_bytes;
      if batch.size_bytes > p_largest then
        batch.keys := null;
        batch."values" := null;
        batch.headers := null;
      end if;
      return next batch;
    end loop;
  end loop;
end $function$;
comment on function stream.fetch_batches(p_topic_id integer, p_partition_ids integer[], p_offsets bigint[], p_max_bytes integer[], p_largest integer) is 'Batches of several partitions of a topic, of each from its p_offsets on until its p_max_bytes are passed. Of a partition without a batch that begins there, what comes is none or begins later: stream.fetch knows why. A batch of more than p_largest bytes comes without its contents.';

CREATE OR REPLACE FUNCTION stream.floor_behind(p_topic_id integer, p_partition_id integer, p_segment_id integer, p_before timestamp with time zone, p_unseen interval, p_always text[])
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  first_offset bigint;
  next_offset bigint;
  newest_at timestamptz;
begin
  -- A later segment took over before that time: so this one is neither the newest nor written to.
  if not exists (
    select from stream.segments n where n.topic_id = p_topic_id and n.segment_id > p_segment_id and n.starts_at <= p_before) then
    return null;
  end if;
  select s.base_offset into first_offset
  from stream.segment_starts s
  where s.topic_id = p_topic_id and s.partition_id = p_partition_id and s.segment_id = p_segment_id;
  if first_offset is null then
    return (select p.floor_offset from stream.partitions p where p.topic_id = p_topic_id and p.partition_id = p_partition_id);
  end if;
  select min(s.base_offset) into next_offset
  from stream.segment_starts s
  where s.topic_id = p_topic_id and s.partition_id = p_partition_id and s.segment_id > p_segment_id;
  next_offset := coalesce(next_offset, stream.end_offset(p_topic_id, p_partition_id));
  execute format(
    'select b.created_at from stream.%I b where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = $3 order by b.base_offset desc limit 1',
    stream.segment_table(p_topic_id, p_segment_id))
  into newest_at
  using p_topic_id, p_segment_id, p_partition_id;
  if newest_at >= p_before then
    return null;
  end if;
  if exists (
    select from stream.groups g
    cross join lateral stream.committed(g.group_id, p_partition_id) c
    where g.topic_id = p_topic_id and c.committed_offset < next_offset
      and (g.name = any (p_always) or g.unseen_since is null or g.unseen_since > clock_timestamp() - p_unseen)) then
    return null;
  end if;
  -- A letter that nobody has decided about is all there is of its record.
  if exists (select from stream.topics t where t.topic_id = p_topic_id and t.name like '%.dead-letters')
    and next_offset - first_offset > (
      select count(*) from stream.dead_letter_outcomes o
      where o.topic_id = p_topic_id and o.partition_id = p_partition_id and o.record_offset >= first_offset and o.record_offset < next_offset) then
    return null;
  end if;
  return next_offset;
end $function$;
comment on function stream.floor_behind(p_topic_id integer, p_partition_id integer, p_segment_id integer, p_before timestamp with time zone, p_unseen interval, p_always text[]) is 'Where a partition would begin without a segment; null while the segment is needed: it has records that are not before p_before, or that a group has still to read which counts (one of p_always, or one that a pod served within p_unseen), or dead letters that are open.';

CREATE OR REPLACE FUNCTION stream.header(p_headers bytea, p_name text)
 RETURNS bytea
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
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
end $function$;
comment on function stream.header(p_headers bytea, p_name text) is 'The value of a header in a header block of the log, the last one of that name; null when there is none.';

CREATE OR REPLACE FUNCTION stream.heartbeat(p_member_id uuid, p_host text, p_lease interval)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into stream.members (member_id, host, lease_until)
  values (p_member_id, p_host, clock_timestamp() + p_lease)
  on conflict (member_id) do update set lease_until = excluded.lease_until
$function$;
revoke execute on function stream.heartbeat(p_member_id uuid, p_host text, p_lease interval) from public;
comment on function stream.heartbeat(p_member_id uuid, p_host text, p_lease interval) is 'Extends the lease of a member, by the clock of the database alone.';

CREATE OR REPLACE FUNCTION stream.leave(p_group_id integer, p_member_id uuid)
 RETURNS void
 LANGUAGE sql
AS $function$
  delete from stream.group_members where group_id = p_group_id and member_id = p_member_id;
  update stream.assignments set owner = null where group_id = p_group_id and owner = p_member_id;
$function$;
revoke execute on function stream.leave(p_group_id integer, p_member_id uuid) from public;
comment on function stream.leave(p_group_id integer, p_member_id uuid) is 'Takes a member out of a group, once it runs no partition of it any more; the others'' shares grow at once.';

CREATE OR REPLACE FUNCTION stream.live_members(p_group_id integer, p_lease interval)
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE
AS $function$
  select m.member_id
  from stream.group_members g
  join stream.members m on m.member_id = g.member_id
  where g.group_id = p_group_id
    and clock_timestamp() < m.lease_until
    -- A clock that was set back must not keep a dead pod's lease alive for as long as the step was.
    and m.lease_until <= clock_timestamp() + p_lease
$function$;
comment on function stream.live_members(p_group_id integer, p_lease interval) is 'Members of a group whose lease counts.';

CREATE OR REPLACE FUNCTION stream.lock_key(p_topic_id integer, p_partition_id integer)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((((('0100110101010010'::"bit")::integer)::bigint << 44) | ((p_topic_id)::bigint << 12)) | (p_partition_id)::bigint);
comment on function stream.lock_key(p_topic_id integer, p_partition_id integer) is 'Advisory lock of a partition: appenders take it, first to last by (topic, partition) when they need several.';

CREATE OR REPLACE FUNCTION stream.mark_trial(p_group_id integer, p_partition_id integer, p_epoch bigint, p_offset bigint, p_end bigint DEFAULT NULL::bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  up_to bigint := coalesce(p_end, p_offset + 1);
begin
  update stream.assignments a
  set trials = case when a.trial_offset = p_offset and a.trial_end = up_to then a.trials else 0 end,
      trial_offset = p_offset, trial_end = up_to, trial_epoch = p_epoch
  where a.group_id = p_group_id and a.partition_id = p_partition_id and a.epoch = p_epoch;
  if not found then
    raise exception 'fenced: partition % of group % is no longer in epoch %', p_partition_id, p_group_id, p_epoch using errcode = 'MR001';
  end if;
end $function$;
revoke execute on function stream.mark_trial(p_group_id integer, p_partition_id integer, p_epoch bigint, p_offset bigint, p_end bigint) from public;
comment on function stream.mark_trial(p_group_id integer, p_partition_id integer, p_epoch bigint, p_offset bigint, p_end bigint) is 'Durable mark that the records from p_offset to before p_end are about to be tried. The claim that follows counts it when its member has vanished; a mark of an earlier epoch is history.';

CREATE OR REPLACE FUNCTION stream.offset_at(p_topic_id integer, p_partition_id integer, p_time timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  segments int[];
  starts bigint[];
  first_segment int := 0;
  behind_segment int;
  middle int;
  batch record;
  low bigint;
  high bigint;
begin
  select array_agg(s.segment_id order by s.segment_id), array_agg(s.base_offset order by s.segment_id) into segments, starts
  from stream.segment_starts s
  where s.topic_id = p_topic_id and s.partition_id = p_partition_id;
  if segments is null then
    return stream.end_offset(p_topic_id, p_partition_id);
  end if;
  -- Times never run backwards within a partition, so halving finds both the segment and the place in it. The last segment
  -- whose first batch is earlier than p_time holds the place, or ends there.
  behind_segment := cardinality(segments) + 1;
  while first_segment + 1 < behind_segment loop
    middle := (first_segment + behind_segment) / 2;
    execute format(
      'select b.created_at from stream.%I b where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = $3 order by b.base_offset limit 1',
      stream.segment_table(p_topic_id, segments[middle]))
    into batch
    using p_topic_id, segments[middle], p_partition_id;
    if batch.created_at < p_time then
      first_segment := middle;
    else
      behind_segment := middle;
    end if;
  end loop;
  if first_segment = 0 then
    return starts[1];
  end if;
  low := starts[first_segment];
  high := coalesce(starts[first_segment + 1], stream.end_offset(p_topic_id, p_partition_id));
  -- What is before low is earlier than p_time, what is from high on is not.
  while low < high loop
    execute format(
      'select b.base_offset, b.record_count, b.created_at from stream.%I b where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = $3 and b.base_offset <= $4 order by b.base_offset desc limit 1',
      stream.segment_table(p_topic_id, segments[first_segment]))
    into batch
    using p_topic_id, segments[first_segment], p_partition_id, low + (high - low) / 2;
    if batch.created_at < p_time then
      low := batch.base_offset + batch.record_count;
    else
      high := batch.base_offset;
    end if;
  end loop;
  return low;
end $function$;
comment on function stream.offset_at(p_topic_id integer, p_partition_id integer, p_time timestamp with time zone) is 'The first offset of a partition whose time is not before p_time; its end when there is none.';

CREATE OR REPLACE FUNCTION stream.raise_floor(p_topic_id integer, p_partition_id integer, p_segment_id integer, p_before timestamp with time zone, p_unseen interval, p_always text[], OUT floor_offset bigint, OUT behind text[])
 RETURNS record
 LANGUAGE plpgsql
 SET lock_timeout TO '1s'
AS $function$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(stream.retention_lock());
  -- Waiting holds up nobody: whoever queues behind waits for the same append. An append that is under way may go to this very segment, by a clock that was set back.
  perform pg_advisory_xact_lock(stream.lock_key(p_topic_id, p_partition_id));
  floor_offset := stream.floor_behind(p_topic_id, p_partition_id, p_segment_id, p_before, p_unseen, p_always);
  if floor_offset is null then
    return;
  end if;
  update stream.partitions p
  set floor_offset = raise_floor.floor_offset, floor_segment = p_segment_id + 1
  where p.topic_id = p_topic_id and p.partition_id = p_partition_id and p.floor_segment <= p_segment_id;
  delete from stream.segment_starts s
  where s.topic_id = p_topic_id and s.partition_id = p_partition_id and s.segment_id <= p_segment_id;
  delete from stream.dead_letter_outcomes o
  where o.topic_id = p_topic_id and o.partition_id = p_partition_id and o.record_offset < raise_floor.floor_offset;
  update stream.segments s
  set retired_at = clock_timestamp()
  where s.topic_id = p_topic_id and s.segment_id <= p_segment_id and s.retired_at is null
    and not exists (select from stream.partitions p where p.topic_id = p_topic_id and p.floor_segment <= p_segment_id);
  select array_agg(g.name order by g.name) into behind
  from stream.groups g
  cross join lateral stream.committed(g.group_id, p_partition_id) c
  where g.topic_id = p_topic_id and c.committed_offset < raise_floor.floor_offset;
end $function$;
revoke execute on function stream.raise_floor(p_topic_id integer, p_partition_id integer, p_segment_id integer, p_before timestamp with time zone, p_unseen interval, p_always text[], OUT floor_offset bigint, OUT behind text[]) from public;
comment on function stream.raise_floor(p_topic_id integer, p_partition_id integer, p_segment_id integer, p_before timestamp with time zone, p_unseen interval, p_always text[], OUT floor_offset bigint, OUT behind text[]) is 'Lets a partition begin behind a segment, unless somebody has come to need it; tells where it begins then, and which groups had not read that far. With the last partition the segment is retired. Holds up appends to this one partition, for a moment.';

CREATE OR REPLACE FUNCTION stream.read_batches(p_topic_id integer, p_segment_id integer, p_partition_id integer, p_from bigint, p_max_bytes integer, p_largest integer)
 RETURNS SETOF stream.fetched_batch
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  -- A row and not a variable a column: an array in a variable is taken apart and put together again, a megabyte at a time.
  batch stream.fetched_batch;
  bytes bigint := 0;
begin
  for batch in
    execute format(
      'select b.base_offset, b.record_count, b.created_at, b.keys, b."values", b.headers, b.size_bytes
       from stream.%I b
       where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = $3 and b.base_offset >= $4
       order by b.base_offset
       limit 256',
      stream.segment_table(p_topic_id, p_segment_id))
    using p_topic_id, p_segment_id, p_partition_id, p_from
  loop
    exit when bytes >= p_max_bytes or (bytes = 0 and batch.base_offset > p_from);
    bytes := bytes + batch.size_bytes;
    if batch.size_bytes > p_largest then
      batch.keys := null;
      batch."values" := null;
      batch.headers := null;
    end if;
    return next batch;
  end loop;
end $function$;
comment on function stream.read_batches(p_topic_id integer, p_segment_id integer, p_partition_id integer, p_from bigint, p_max_bytes integer, p_largest integer) is 'Batches of one segment from the one that begins at p_from on, until p_max_bytes are passed; none when no batch begins there. A batch of more than p_largest bytes comes without its contents.';

CREATE OR REPLACE FUNCTION stream.read_varint(p_bytes bytea, INOUT p_at integer, OUT value integer)
 RETURNS record
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
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
end $function$;
comment on function stream.read_varint(p_bytes bytea, INOUT p_at integer, OUT value integer) is 'The zigzag varint at a place, and the place behind it.';

CREATE OR REPLACE FUNCTION stream.release(p_group_id integer, p_partition_id integer, p_epoch bigint)
 RETURNS boolean
 LANGUAGE sql
AS $function$
  update stream.assignments a set owner = null
  where a.group_id = p_group_id and a.partition_id = p_partition_id and a.epoch = p_epoch and a.owner is not null
  returning true
$function$;
revoke execute on function stream.release(p_group_id integer, p_partition_id integer, p_epoch bigint) from public;
comment on function stream.release(p_group_id integer, p_partition_id integer, p_epoch bigint) is 'Gives a partition back between two batches: the clean end of an epoch.';

CREATE OR REPLACE FUNCTION stream.retention_lock()
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('stream.retention'::text, (0)::bigint);
comment on function stream.retention_lock() is 'Advisory lock of the floors: whoever moves one holds it alone, whoever relies on one (a seek, a new group) holds it with others.';

CREATE OR REPLACE FUNCTION stream.seek(p_group_id integer, p_partition_id integer, p_offset bigint)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  last record;
  floor_offset bigint;
begin
  perform 1 from stream.assignments a where a.group_id = p_group_id and a.partition_id = p_partition_id for no key update;
  if not found then
    raise exception 'group % has no partition %', p_group_id, p_partition_id using errcode = 'MR003';
  end if;
  -- No floor moves past the offset before this has committed; from then on the group holds the floor itself.
  perform pg_advisory_xact_lock_shared(stream.retention_lock());
  select p.floor_offset into floor_offset
  from stream.groups g
  join stream.partitions p on p.topic_id = g.topic_id and p.partition_id = p_partition_id
  where g.group_id = p_group_id;
  if p_offset < floor_offset then
    raise exception 'offset % of partition % is gone; the partition begins at %', p_offset, p_partition_id, floor_offset
      using errcode = 'MR002', detail = floor_offset::text;
  end if;
  select c.sequence, c.committed_offset into last from stream.committed(p_group_id, p_partition_id) c;
  update stream.assignments a
  set epoch = a.epoch + 1, owner = null, high_offset = greatest(a.high_offset, last.committed_offset), unclean_offset = -1, unclean_claims = 0, trial_offset = -1, trials = 0,
      processed = a.processed + int8multirange(int8range(a.run_from, greatest(a.run_from, last.committed_offset))),
      run_from = p_offset
  where a.group_id = p_group_id and a.partition_id = p_partition_id;
  insert into stream.commits (group_id, partition_id, sequence, committed_offset, epoch, committed_at)
  select p_group_id, p_partition_id, last.sequence + 1, p_offset, a.epoch, clock_timestamp()
  from stream.assignments a where a.group_id = p_group_id and a.partition_id = p_partition_id;
  return p_offset;
end $function$;
revoke execute on function stream.seek(p_group_id integer, p_partition_id integer, p_offset bigint) from public;
comment on function stream.seek(p_group_id integer, p_partition_id integer, p_offset bigint) is 'Moves a group to an offset. Raises the epoch, so whoever owns the partition is fenced and claims again.';

CREATE OR REPLACE FUNCTION stream.segment_table(p_topic_id integer, p_segment_id integer)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((('batches_'::text || p_topic_id) || '_'::text) || p_segment_id);
comment on function stream.segment_table(p_topic_id integer, p_segment_id integer) is 'Name of the table, in schema stream, that holds a segment.';

CREATE OR REPLACE FUNCTION stream.tail(p_topic_id integer, p_partition_id integer, OUT segment_id integer, OUT end_offset bigint, OUT created_at timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  select s.segment_id into segment_id
  from stream.segment_starts s
  where s.topic_id = p_topic_id and s.partition_id = p_partition_id
  order by s.segment_id desc
  limit 1;
  if segment_id is not null then
    execute format(
      'select b.base_offset + b.record_count, b.created_at from stream.%I b where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = $3 order by b.base_offset desc limit 1',
      stream.segment_table(p_topic_id, segment_id))
    into end_offset, created_at
    using p_topic_id, segment_id, p_partition_id;
  end if;
  if end_offset is null then
    select p.floor_offset into end_offset from stream.partitions p where p.topic_id = p_topic_id and p.partition_id = p_partition_id;
    if end_offset is null then
      raise exception 'partition % of topic % does not exist', p_partition_id, p_topic_id using errcode = 'MR003';
    end if;
  end if;
end $function$;
comment on function stream.tail(p_topic_id integer, p_partition_id integer, OUT segment_id integer, OUT end_offset bigint, OUT created_at timestamp with time zone) is 'Where a partition ends: the offset that the next record gets, and segment and time of the last batch (null when there is none).';

CREATE OR REPLACE FUNCTION stream.tick(p_member_id uuid, p_lease interval, p_groups integer[], p_serving integer[], p_running_groups integer[], p_running_partitions integer[])
 RETURNS TABLE(group_id integer, partition_id integer, owner uuid, epoch bigint, end_offset bigint, sequence bigint, committed_offset bigint, high_offset bigint, unclean_claims integer, trial_offset bigint, trial_end bigint, trials integer, claimed boolean, share integer, members integer, pods integer, processed bigint[])
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  g int;
  member_count int;
  position int;
  my_share int;
  pod_count int;
begin
  -- On each tick: a pod that slept for so long that it was forgotten takes part again.
  insert into stream.group_members (group_id, member_id)
  select s, m.member_id
  from unnest(p_serving) s
  cross join stream.members m
  where m.member_id = p_member_id
    and not exists (select from stream.group_members j where j.group_id = s and j.member_id = p_member_id)
  on conflict do nothing;
  select count(*) into pod_count from stream.members m
  where clock_timestamp() < m.lease_until and m.lease_until <= clock_timestamp() + p_lease;
  foreach g in array p_groups loop
    select count(*), count(*) filter (where m <= p_member_id) into member_count, position from stream.live_members(g, p_lease) m;
    select count(*) / greatest(member_count, 1) + case when position <= count(*) % greatest(member_count, 1) then 1 else 0 end into my_share
    from stream.assignments a where a.group_id = g;
    return query
    with claims as materialized (
      select c.* from stream.claim(g, p_member_id, p_lease,
        array(select r.partition_id from unnest(p_running_groups, p_running_partitions) r (group_id, partition_id) where r.group_id = g)) c
      where g = any (p_serving)
    )
    select g, c.partition_id, p_member_id, c.epoch, stream.end_offset(t.topic_id, c.partition_id), c.sequence, c.committed_offset, c.high_offset,
      c.unclean_claims, c.trial_offset, c.trial_end, c.trials, true, my_share, member_count, pod_count, c.processed
    from claims c
    join stream.groups t on t.group_id = g;
    return query
    select g, a.partition_id, a.owner, a.epoch, stream.end_offset(t.topic_id, a.partition_id), c.sequence, c.committed_offset, a.high_offset,
      0, a.trial_offset, a.trial_end, a.trials, false, my_share, member_count, pod_count, null::bigint[]
    from stream.assignments a
    join stream.groups t on t.group_id = a.group_id
    cross join lateral stream.committed(g, a.partition_id) c
    where a.group_id = g;
  end loop;
end $function$;
revoke execute on function stream.tick(p_member_id uuid, p_lease interval, p_groups integer[], p_serving integer[], p_running_groups integer[], p_running_partitions integer[]) from public;
comment on function stream.tick(p_member_id uuid, p_lease interval, p_groups integer[], p_serving integer[], p_running_groups integer[], p_running_partitions integer[]) is 'What a pod asks for once a second, for all groups in one round trip: it takes part in those it serves, claims partitions of them, and sees where every partition stands.';

CREATE OR REPLACE FUNCTION stream.trim_commits(p_group_id integer, p_partition_id integer, p_before bigint)
 RETURNS bigint
 LANGUAGE sql
AS $function$
  with trimmed as (
    delete from stream.commits c
    where c.group_id = p_group_id and c.partition_id = p_partition_id and c.sequence < p_before
    returning 1
  )
  select count(*) from trimmed
$function$;
revoke execute on function stream.trim_commits(p_group_id integer, p_partition_id integer, p_before bigint) from public;
comment on function stream.trim_commits(p_group_id integer, p_partition_id integer, p_before bigint) is 'Drops the commits before a sequence; the owner of the partition does so now and then.';

CREATE OR REPLACE FUNCTION stream.unmark_trial(p_group_id integer, p_partition_id integer, p_epoch bigint)
 RETURNS void
 LANGUAGE sql
AS $function$
  update stream.assignments a
  set trial_epoch = 0
  where a.group_id = p_group_id and a.partition_id = p_partition_id and a.epoch = p_epoch and a.trial_epoch = p_epoch
$function$;
revoke execute on function stream.unmark_trial(p_group_id integer, p_partition_id integer, p_epoch bigint) from public;
comment on function stream.unmark_trial(p_group_id integer, p_partition_id integer, p_epoch bigint) is 'Takes the mark of a trial away that ended without ending its process; how many processes ended over the same records is kept.';

CREATE OR REPLACE FUNCTION stream.watch_groups(p_lease interval)
 RETURNS TABLE(name text, unseen_since timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
begin
  -- On a change only, so that these rows do not decay.
  update stream.groups g
  set unseen_since = case when g.unseen_since is null then clock_timestamp() end
  where (g.unseen_since is null) <> exists (select from stream.live_members(g.group_id, p_lease));
  return query select g.name, g.unseen_since from stream.groups g where g.unseen_since is not null order by g.name;
end $function$;
revoke execute on function stream.watch_groups(p_lease interval) from public;
comment on function stream.watch_groups(p_lease interval) is 'Notes which groups no pod serves, and gives them. That somebody must have looked is why an outage of everything makes no group unseen.';
