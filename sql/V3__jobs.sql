-- Jobs, documents and chunks.

create table jobs.job_status (
  id uuid not null,
  workspace text not null,
  job_type text not null,
  status text not null default 'queued',
  source_uri text not null,
  document_id uuid not null,
  fingerprint bytea not null,
  chunks_total int,
  chunks_processed int not null default 0,
  follows uuid,
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  completed_at timestamptz,
  metadata jsonb not null default '{}',
  metadata_text text,
  error_message text,
  constraint job_status_pkey primary key (id),
  constraint job_status_status_check check (status in ('queued', 'processing', 'completed', 'failed'))
);
-- Lists of jobs, newest first: all of them, of a status, of a type.
create index job_status_created_at_idx on jobs.job_status (created_at, id);
create index job_status_status_idx on jobs.job_status (status, created_at);
create index job_status_job_type_idx on jobs.job_status (job_type, created_at);
-- The sweep: jobs that wait for the one they repeat.
create index job_status_follows_idx on jobs.job_status (follows) where completed_at is null and follows is not null;
comment on table jobs.job_status is
  'One row a posted document. completed means that everything of it is visible in the graph; failed, that a part of it went to a dead-letter topic, and error_message says why. metadata_text is what the sender wrote, byte for byte; metadata has equal values.';
comment on column jobs.job_status.fingerprint is 'SHA-256 of content, content type and supplied extraction: tells a repeated post from another one with the same key.';
comment on column jobs.job_status.follows is 'The job that brought the same content before; this one ends when and as that one does.';

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
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint documents_pkey primary key (document_id)
);
comment on table jobs.documents is
  'The current version of each document. document_id is UUIDv5 of workspace and source_uri; version is the offset of the record in topic documents; the own parts of chunk_ids, put together, are its text.';

create table jobs.chunks (
  chunk_id uuid not null,
  document_id uuid not null,
  job_id uuid not null,
  overlap int not null,
  content text not null,
  supplied text,
  created_at timestamptz not null,
  constraint chunks_pkey primary key (chunk_id)
);
-- pglz took 0.15 ms for a document of 8 kB, three times what storing it as it is takes; lz4 costs next to nothing, where the
-- server was built with it.
do $$
begin
  alter table jobs.chunks alter column content set compression lz4;
exception when feature_not_supported then
  alter table jobs.chunks alter column content set storage external;
end
$$;
-- Results of a job; results by time.
create index chunks_job_id_idx on jobs.chunks (job_id);
create index chunks_created_at_idx on jobs.chunks (created_at);
comment on table jobs.chunks is
  'Chunks, written once. chunk_id is UUIDv5 of document, text, overlap, supplied extraction and occurrence. The first overlap characters repeat the end of the chunk before. supplied is the extraction that the sender brought, as JSON.';

create table jobs.progress (
  progress_id bigint generated always as identity,
  kind text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  job_ids uuid[] not null,
  counts int[],
  follows uuid[],
  errors text[],
  ends bigint[],
  constraint progress_pkey primary key (progress_id),
  constraint progress_kind_check check (kind in ('chunked', 'repeated', 'extracted', 'failed'))
);
comment on table jobs.progress is
  'Facts that the stages'' commits leave behind, one row a commit, and that the sweep folds into job_status and removes: chunked (counts: chunks of each job), repeated (follows: the job whose content came again), extracted (counts: chunks done; ends: where mentions partition i - 1 must be read to), failed (errors).';

create table jobs.totals (
  workspace text not null,
  name text not null,
  value bigint not null,
  constraint totals_pkey primary key (workspace, name)
);
comment on table jobs.totals is 'Ended jobs of each workspace, counted by the sweep: jobs_completed, jobs_failed.';

create function jobs.sweep(p_graph_group text)
returns table (id uuid, workspace text, source_uri text, status text, error_message text, chunks_total int, completed_at timestamptz)
language plpgsql as $$
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
  with facts as (
    delete from jobs.progress p
    where p.progress_id in (
      select q.progress_id from jobs.progress q
      where q.kind <> 'extracted'
        or not exists (select from unnest(q.ends, passed) e (needed, reached) where e.needed > coalesce(e.reached, 0))
      order by q.progress_id
      limit 2000
    )
    returning p.*
  ), folded as (
    select f.job_id as id,
      sum(f.count) filter (where facts.kind = 'chunked') as total,
      coalesce(sum(f.count) filter (where facts.kind = 'extracted'), 0) as processed,
      (array_agg(f.follows) filter (where f.follows is not null))[1] as follows,
      min(f.error) as error,
      min(facts.recorded_at) as first_at,
      max(facts.recorded_at) as last_at
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
    join jobs.job_status j on j.id = f.id and j.completed_at is null
    left join jobs.job_status o on o.id = f.follows and o.completed_at is not null
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
end $$;
comment on function jobs.sweep is
  'Folds the facts whose mentions the graph group has read into job_status, in one statement, and returns the jobs it touched. Empty when another sweep runs.';

create function jobs.sweep_followers(p_ended uuid[])
returns table (id uuid, workspace text, source_uri text, status text, error_message text, chunks_total int, completed_at timestamptz)
language sql as $$
  update jobs.job_status j
  set status = o.status, error_message = o.error_message, chunks_total = o.chunks_total, chunks_processed = o.chunks_processed,
      started_at = coalesce(j.started_at, clock_timestamp()), completed_at = clock_timestamp()
  from jobs.job_status o
  where o.id = any (p_ended) and j.follows = o.id and j.completed_at is null
  returning j.id, j.workspace, j.source_uri, j.status, j.error_message, j.chunks_total, j.completed_at
$$;
comment on function jobs.sweep_followers is 'Ends the jobs that repeat the ones that have just ended.';

revoke execute on function jobs.sweep, jobs.sweep_followers from public;
