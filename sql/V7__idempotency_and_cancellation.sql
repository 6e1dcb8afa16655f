-- What the door needs of jobs: keys under which a request may be repeated, and jobs that are called off.

alter table jobs.job_status add column request_fingerprint bytea;
comment on column jobs.job_status.request_fingerprint is
  'SHA-256 of the whole request, in the first job of one that came with an Idempotency-Key: tells a repeat from another request under the same key.';

create table jobs.cancellations (
  job_id uuid not null,
  cancelled_at timestamptz not null default clock_timestamp(),
  constraint cancellations_pkey primary key (job_id)
);
comment on table jobs.cancellations is
  'Jobs that their sender called off. They have failed, and say so in error_message; the chunk stage passes over their documents, and the extract stage over their chunks, as far as those had not been begun.';

create function jobs.begin_documents(p_job_ids uuid[])
returns void
language plpgsql as $$
begin
  -- Shared, so that stages do not wait for each other; a statement of its own, so that the next one sees every
  -- cancellation that committed before.
  perform pg_advisory_xact_lock_shared(hashtextextended('jobs.begin', 0));
  if exists (select from jobs.cancellations c where c.job_id = any (p_job_ids)) then
    raise exception 'a job was cancelled after its document was loaded: load it again' using errcode = 'MR005';
  end if;
end $$;
comment on function jobs.begin_documents is
  'Stands in the transaction that begins these jobs, or lets others follow them: none of them is cancelled until it has ended. Raises MR005 when one was cancelled since the caller looked.';

create function jobs.cancel(p_workspace text, p_id uuid)
returns table (outcome text, id uuid, workspace text, source_uri text, status text, error_message text, chunks_total int, completed_at timestamptz)
language plpgsql as $$
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
end $$;
comment on function jobs.cancel is
  'Ends a job that has not ended: failed, cancelled by client. Its outcome is cancelled; ended, when it was before; or followed, when the job of another request waits for this one''s content. No row when there is no such job.';

revoke execute on function jobs.begin_documents, jobs.cancel from public;
