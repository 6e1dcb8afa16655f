-- Digests: events that sum up what changes all the time (the graph's statistics, the lag of stages), told at most once a
-- second and by one pod.

create table events.digests (
  kind text not null,
  subject text not null,
  data jsonb not null,
  told_at timestamptz not null,
  constraint digests_pkey primary key (kind, subject)
);
comment on table events.digests is
  'What the last event of each kind and subject said that is told when it changes: written in the transaction that appends the event, so that whichever pod tells the next one knows what has been told.';

-- Totals of all workspaces, for the digest of each second. Partial and without the values, so that counting stays HOT.
create index counters_totals_idx on lightrag.counters (workspace, name) where key = '';
