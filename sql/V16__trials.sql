-- Suspicious records are tried some at a time, and fewer each time that a process ends over them: one at a time, a few thousand
-- innocent ones took minutes. And a trial that only failed accuses nobody until the next attempt.

alter table stream.assignments add column trial_end bigint not null default -1;
update stream.assignments set trial_end = trial_offset + 1 where trial_offset >= 0;
comment on table stream.assignments is
  'Who owns a partition of a group, and in which epoch. Each claim and each seek raises the epoch. Rows change on claims, releases, seeks and trials, never on commits. unclean_* count claims that followed an unclean end at the same offset; trial_offset to trial_end is the durable mark of the records that are tried, trial_epoch the epoch that tries them, and trials counts the processes that ended uncleanly over just these. run_from is where the last seek went, and what was committed from there on is done; processed holds the offsets that were done before it, and work on them is done again. high_offset is the highest offset committed before a seek.';

drop function stream.mark_trial;
drop function stream.tick;
drop function stream.claim;

-- Without p_end as pods before this version call it, which try one record at a time.
create function stream.mark_trial(p_group_id int, p_partition_id int, p_epoch bigint, p_offset bigint, p_end bigint default null) returns void
language plpgsql as $$
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
end $$;
comment on function stream.mark_trial is
  'Durable mark that the records from p_offset to before p_end are about to be tried. The claim that follows counts it when its member has vanished; a mark of an earlier epoch is history.';

create function stream.unmark_trial(p_group_id int, p_partition_id int, p_epoch bigint) returns void
language sql as $$
  update stream.assignments a
  set trial_epoch = 0
  where a.group_id = p_group_id and a.partition_id = p_partition_id and a.epoch = p_epoch and a.trial_epoch = p_epoch
$$;
comment on function stream.unmark_trial is
  'Takes the mark of a trial away that ended without ending its process; how many processes ended over the same records is kept.';

create function stream.claim(p_group_id int, p_member_id uuid, p_lease interval, p_running int[])
returns table (partition_id int, epoch bigint, sequence bigint, committed_offset bigint, high_offset bigint, unclean_claims int, trial_offset bigint, trial_end bigint, trials int, processed bigint[])
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
    case when a.unclean_offset = c.committed_offset then a.unclean_claims else 0 end, a.trial_offset, a.trial_end, a.trials,
    stream.bounds(a.processed, c.committed_offset)
  from unnest(free) f (partition_id)
  join stream.assignments a on a.group_id = p_group_id and a.partition_id = f.partition_id
  cross join lateral stream.committed(p_group_id, f.partition_id) c
  order by a.partition_id;
end $$;
comment on function stream.claim is
  'Claims partitions for a member up to its fair share: free ones and those of members whose lease ended; its own that it does not run become free first. Each claim raises the epoch; taking from a member that vanished counts as unclean, and as a trial when that member had marked one at the committed offset.';

create function stream.tick(p_member_id uuid, p_lease interval, p_groups int[], p_serving int[], p_running_groups int[], p_running_partitions int[])
returns table (
  group_id int, partition_id int, owner uuid, epoch bigint, end_offset bigint, sequence bigint, committed_offset bigint, high_offset bigint,
  unclean_claims int, trial_offset bigint, trial_end bigint, trials int, claimed boolean, share int, members int, pods int, processed bigint[])
language plpgsql as $$
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
end $$;
comment on function stream.tick is
  'What a pod asks for once a second, for all groups in one round trip: it takes part in those it serves, claims partitions of them, and sees where every partition stands.';

revoke execute on function stream.mark_trial, stream.unmark_trial, stream.claim, stream.tick from public;
