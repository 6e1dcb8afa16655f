-- Statistics of the graph, kept by the stats stage from topic changes: reading them never counts rows.

create table lightrag.counters (
  partition_id int not null,
  workspace text not null,
  name text not null,
  key text not null,
  value bigint not null,
  updated_at timestamptz not null,
  constraint counters_pkey primary key (partition_id, workspace, name, key)
) with (fillfactor = 70);
comment on table lightrag.counters is
  'Counters of the graph, a row a partition of topic changes, which readers sum: entities, relationships, entity_mentions, relationship_mentions (key is empty), entity_type and relationship_type (key: the type), degree (key: the degree; value: entities that have it).';

create table lightrag.growth (
  partition_id int not null,
  workspace text not null,
  grain text not null,
  starts_at timestamptz not null,
  entities bigint not null,
  relationships bigint not null,
  mentions bigint not null,
  constraint growth_pkey primary key (workspace, grain, starts_at, partition_id),
  constraint growth_grain_check check (grain in ('minute', 'hour', 'day'))
) with (fillfactor = 70);
comment on table lightrag.growth is 'What each minute, hour and day (UTC) added to the graph, a row a partition of topic changes.';

create table lightrag.top_entities (
  partition_id int not null,
  workspace text not null,
  entity_id uuid not null,
  name text not null,
  degree bigint not null,
  constraint top_entities_pkey primary key (partition_id, workspace, entity_id)
);
comment on table lightrag.top_entities is 'The entities of highest degree of each partition of topic changes.';

create table lightrag.graph_history (
  id uuid not null default uuid_generate_v4(),
  workspace text not null,
  taken_at timestamptz not null,
  entity_count bigint not null,
  relationship_count bigint not null,
  statistics jsonb not null,
  constraint graph_history_pkey primary key (workspace, taken_at)
);
comment on table lightrag.graph_history is 'The state of the graph in each minute in which it changed, as last seen in that minute.';

create view lightrag.current_statistics as
select w.workspace,
  coalesce((select sum(c.value) from lightrag.counters c where c.workspace = w.workspace and c.name = 'entities'), 0)::bigint as entity_count,
  coalesce((select sum(c.value) from lightrag.counters c where c.workspace = w.workspace and c.name = 'relationships'), 0)::bigint as relationship_count,
  (select max(c.updated_at) from lightrag.counters c where c.workspace = w.workspace) as last_updated,
  jsonb_build_object(
    'entity_mentions', coalesce((select sum(c.value) from lightrag.counters c where c.workspace = w.workspace and c.name = 'entity_mentions'), 0),
    'relationship_mentions', coalesce((select sum(c.value) from lightrag.counters c where c.workspace = w.workspace and c.name = 'relationship_mentions'), 0),
    'entity_types', coalesce((
      select jsonb_object_agg(t.key, t.value) from (
        select c.key, sum(c.value) as value from lightrag.counters c
        where c.workspace = w.workspace and c.name = 'entity_type' group by c.key having sum(c.value) <> 0) t), '{}'),
    'relationship_types', coalesce((
      select jsonb_object_agg(t.key, t.value) from (
        select c.key, sum(c.value) as value from lightrag.counters c
        where c.workspace = w.workspace and c.name = 'relationship_type' group by c.key having sum(c.value) <> 0) t), '{}'),
    'degrees', coalesce((
      select jsonb_object_agg(t.key, t.value) from (
        select c.key, sum(c.value) as value from lightrag.counters c
        where c.workspace = w.workspace and c.name = 'degree' group by c.key having sum(c.value) <> 0) t), '{}'),
    'top_entities', coalesce((
      select jsonb_agg(jsonb_build_object('id', t.entity_id, 'name', t.name, 'degree', t.degree) order by t.degree desc, t.entity_id) from (
        select e.entity_id, e.name, e.degree from lightrag.top_entities e
        where e.workspace = w.workspace order by e.degree desc, e.entity_id limit 20) t), '[]')
  ) as statistics
from (select distinct c.workspace from lightrag.counters c) w;
comment on view lightrag.current_statistics is 'The statistics of each workspace now, summed over the partitions of topic changes.';

create view lightrag.graph_metadata as
select uuid_generate_v5(uuid_ns_oid(), s.workspace) as id, s.entity_count, s.relationship_count, s.last_updated, s.statistics, s.workspace, true as current
from lightrag.current_statistics s
union all
select h.id, h.entity_count, h.relationship_count, h.taken_at, h.statistics, h.workspace, false
from lightrag.graph_history h;
comment on view lightrag.graph_metadata is 'State of the graph of each workspace: the newest row is the state now, the others are its history by the minute.';
