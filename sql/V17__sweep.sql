-- Jobs that end soon after they were begun are updated once and not twice.

create or replace function jobs.sweep(p_graph_group text)
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
end $$;
comment on function jobs.sweep is
  'Folds the facts whose mentions the graph group has read into job_status, in one statement, and returns the jobs it touched. That a document was cut waits up to a second for another fact of its job. Empty when another sweep runs.';
