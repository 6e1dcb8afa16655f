-- A mark counts against a record only where the member that made it is the one that vanished.

alter table stream.assignments add column trial_epoch bigint not null default 0;
comment on table stream.assignments is
  'Who owns a partition of a group, and in which epoch. Each claim and each seek raises the epoch. Rows change on claims, releases, seeks and trials, never on commits. unclean_* count claims that followed an unclean end at the same offset; trial_offset is the durable mark of a record that is tried alone, trial_epoch the epoch that tried it, and trials counts the processes that ended uncleanly over it. run_from is where the last seek went, and what was committed from there on is done; processed holds the offsets that were done before it, and work on them is done again. high_offset is the highest offset committed before a seek.';

create or replace function stream.mark_trial(p_group_id int, p_partition_id int, p_epoch bigint, p_offset bigint) returns void
language plpgsql as $$
begin
  update stream.assignments a
  set trials = case when a.trial_offset = p_offset then a.trials else 0 end, trial_offset = p_offset, trial_epoch = p_epoch
  where a.group_id = p_group_id and a.partition_id = p_partition_id and a.epoch = p_epoch;
  if not found then
    raise exception 'fenced: partition % of group % is no longer in epoch %', p_partition_id, p_group_id, p_epoch using errcode = 'MR001';
  end if;
end $$;
comment on function stream.mark_trial is
  'Durable mark that a record is about to be tried alone. The claim that follows counts it when its member has vanished; a mark of an earlier epoch is history.';

create or replace function stream.claim(p_group_id int, p_member_id uuid, p_lease interval, p_running int[])
returns table (partition_id int, epoch bigint, sequence bigint, committed_offset bigint, high_offset bigint, unclean_claims int, trial_offset bigint, trials int, processed bigint[])
language plpgsql as $$
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
    case when a.unclean_offset = c.committed_offset then a.unclean_claims else 0 end, a.trial_offset, a.trials,
    stream.bounds(a.processed, c.committed_offset)
  from unnest(free) f (partition_id)
  join stream.assignments a on a.group_id = p_group_id and a.partition_id = f.partition_id
  cross join lateral stream.committed(p_group_id, f.partition_id) c
  order by a.partition_id;
end $$;
comment on function stream.claim is
  'Claims partitions for a member up to its fair share: free ones and those of members whose lease ended; its own that it does not run become free first. Each claim raises the epoch; taking from a member that vanished counts as unclean, and as a trial when that member had marked one at the committed offset.';
