-- Retention: where a partition begins, which segments go, and who still needs them; what a group has processed, whatever
-- its seeks; and the tables beside the graph that a rebuild works in.

-- Floors ------------------------------------------------------------------------------------------------------------

alter table stream.partitions add column floor_segment int not null default 0;
comment on table stream.partitions is
  'Partitions of a topic. floor_offset is where a partition begins, and floor_segment the first segment that it may have records in; only retention moves them.';

alter table stream.segments add column retired_at timestamptz;
comment on table stream.segments is
  'Segments of a topic, each a table of its own. An append goes to the newest segment that has begun; a clock that runs past the last one goes on writing there. retired_at is when the last partition left a segment behind: some time later, when nobody who looked it up before can still be reading, its table is dropped.';

alter table stream.groups add column unseen_since timestamptz;
comment on table stream.groups is
  'Consumer groups; each reads one topic. unseen_since is when retention first found that no pod served the group, null while one does.';

create function stream.retention_lock() returns bigint language sql immutable parallel safe
return hashtextextended('stream.retention', 0);
comment on function stream.retention_lock is
  'Advisory lock of the floors: whoever moves one holds it alone, whoever relies on one (a seek, a new group) holds it with others.';

create or replace function stream.append(
  p_topic_id int,
  p_partition_id int,
  p_batch_id uuid,
  p_size_bytes int,
  p_keys bytea[],
  p_values bytea[],
  p_headers bytea[],
  p_known_end bigint,
  out base_offset bigint,
  out created_at timestamptz)
language plpgsql as $$
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
end $$;

create function stream.floor_behind(
  p_topic_id int, p_partition_id int, p_segment_id int, p_before timestamptz, p_unseen interval, p_always text[])
returns bigint
language plpgsql stable as $$
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
end $$;
comment on function stream.floor_behind is
  'Where a partition would begin without a segment; null while the segment is needed: it has records that are not before p_before, or that a group has still to read which counts (one of p_always, or one that a pod served within p_unseen), or dead letters that are open.';

create function stream.due_segments(p_topics interval, p_events interval, p_dead_letters interval, p_unseen interval, p_always text[])
returns table (topic_id int, topic text, segment_id int, partition_id int, before timestamptz)
language plpgsql stable as $$
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
end $$;
comment on function stream.due_segments is
  'Segments, oldest first, that no partition of their topic needs any more, and the partitions that have still to leave them behind. How long records are kept is said for topic events, for dead letters and for all others; null: for ever.';

create function stream.raise_floor(
  p_topic_id int, p_partition_id int, p_segment_id int, p_before timestamptz, p_unseen interval, p_always text[],
  out floor_offset bigint, out behind text[])
language plpgsql set lock_timeout = '1s' as $$
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
end $$;
comment on function stream.raise_floor is
  'Lets a partition begin behind a segment, unless somebody has come to need it; tells where it begins then, and which groups had not read that far. With the last partition the segment is retired. Holds up appends to this one partition, for a moment.';

create function stream.drop_segment(p_topic_id int, p_segment_id int) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' as $$
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
end $$;
comment on function stream.drop_segment is
  'Drops a retired segment, unless another session is at it. Waits 50 ms for each lock at most, because whoever reads the whole topic, or writes to a segment for the first time, queues behind it meanwhile; an error then (55P03), to be tried again. Runs with the rights of the owner.';

create function stream.watch_groups(p_lease interval) returns table (name text, unseen_since timestamptz)
language plpgsql as $$
#variable_conflict use_column
begin
  -- On a change only, so that these rows do not decay.
  update stream.groups g
  set unseen_since = case when g.unseen_since is null then clock_timestamp() end
  where (g.unseen_since is null) <> exists (select from stream.live_members(g.group_id, p_lease));
  return query select g.name, g.unseen_since from stream.groups g where g.unseen_since is not null order by g.name;
end $$;
comment on function stream.watch_groups is
  'Notes which groups no pod serves, and gives them. That somebody must have looked is why an outage of everything makes no group unseen.';

create or replace function stream.offset_at(p_topic_id int, p_partition_id int, p_time timestamptz) returns bigint
language plpgsql stable as $$
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
end $$;

create or replace view stream.records as
select t.name as topic, b.partition_id as "partition", b.base_offset + r.ordinality - 1 as "offset", b.created_at as "timestamp", r.key, r.value, b.headers[r.ordinality] as headers
from stream.batches b
join stream.topics t on t.topic_id = b.topic_id
-- What a partition has left behind is there until its table is dropped.
join stream.partitions p on p.topic_id = b.topic_id and p.partition_id = b.partition_id and p.floor_offset <= b.base_offset
cross join lateral unnest(b.keys, b."values") with ordinality as r (key, value, ordinality);

-- Seeks -------------------------------------------------------------------------------------------------------------

alter table stream.assignments
  add column run_from bigint not null default 0,
  add column processed int8multirange not null default '{}';
-- Of seeks made before, it is known how far a group had been, and not where from: as before, all below counts as done.
update stream.assignments a
set processed = int8multirange(int8range(0, greatest(a.high_offset, c.committed_offset))), run_from = c.committed_offset
from stream.assignments b
cross join lateral stream.committed(b.group_id, b.partition_id) c
where b.group_id = a.group_id and b.partition_id = a.partition_id and a.high_offset > 0;
comment on table stream.assignments is
  'Who owns a partition of a group, and in which epoch. Each claim and each seek raises the epoch. Rows change on claims and seeks, never on commits. unclean_* count claims that followed an unclean end at the same offset; trial_offset is the durable mark of a record that is tried alone, and trials counts the processes that ended uncleanly over it. run_from is where the last seek went, and what was committed from there on is done; processed holds the offsets that were done before it, and work on them is done again. high_offset is the highest offset committed before a seek.';

create or replace function stream.create_group(p_name text, p_topic_id int) returns stream.groups
language plpgsql as $$
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
end $$;

create or replace function stream.seek(p_group_id int, p_partition_id int, p_offset bigint) returns bigint
language plpgsql as $$
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
end $$;

create function stream.bounds(p_offsets int8multirange, p_from bigint) returns bigint[]
language sql immutable parallel safe
return array(
  select b.bound
  from unnest(p_offsets) r
  cross join lateral (values (lower(r)), (upper(r))) b (bound)
  where upper(r) > p_from
  order by b.bound);
comment on function stream.bounds is 'The ranges that end behind an offset, as begin, end, begin, end …: clients know arrays, and no ranges.';

drop function stream.tick;
drop function stream.claim;

create function stream.claim(p_group_id int, p_member_id uuid, p_lease interval, p_running int[])
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
        when a.owner is null or a.trial_offset <> c.committed_offset then a.trials
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
  'Claims partitions for a member up to its fair share: free ones and those of members whose lease ended; its own that it does not run become free first. Each claim raises the epoch; taking from a member that vanished counts as unclean, and as a trial when the mark of one stands at the committed offset.';

create function stream.tick(p_member_id uuid, p_lease interval, p_groups int[], p_serving int[], p_running_groups int[], p_running_partitions int[])
returns table (
  group_id int, partition_id int, owner uuid, epoch bigint, end_offset bigint, sequence bigint, committed_offset bigint, high_offset bigint,
  unclean_claims int, trial_offset bigint, trials int, claimed boolean, share int, members int, pods int, processed bigint[])
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
      c.unclean_claims, c.trial_offset, c.trials, true, my_share, member_count, pod_count, c.processed
    from claims c
    join stream.groups t on t.group_id = g;
    return query
    select g, a.partition_id, a.owner, a.epoch, stream.end_offset(t.topic_id, a.partition_id), c.sequence, c.committed_offset, a.high_offset,
      0, a.trial_offset, a.trials, false, my_share, member_count, pod_count, null::bigint[]
    from stream.assignments a
    join stream.groups t on t.group_id = a.group_id
    cross join lateral stream.committed(g, a.partition_id) c
    where a.group_id = g;
  end loop;
end $$;
comment on function stream.tick is
  'What a pod asks for once a second, for all groups in one round trip: it takes part in those it serves, claims partitions of them, and sees where every partition stands.';

revoke execute on function
  stream.claim, stream.tick, stream.raise_floor, stream.drop_segment, stream.watch_groups
from public;

-- A graph made anew ---------------------------------------------------------------------------------------------------

-- What a rebuild works in, beside the graph. Unlogged: a rebuild that a crash cut off begins anew.

create unlogged table lightrag.rebuilt_chunks (
  chunk_id uuid not null,
  constraint rebuilt_chunks_pkey primary key (chunk_id)
);
comment on table lightrag.rebuilt_chunks is 'Chunks whose mentions a rebuild has made again.';

create unlogged table lightrag.rebuilt_entity_mentions (
  entity_id uuid not null,
  chunk_id uuid not null,
  workspace text not null,
  partition_id int not null,
  name text not null,
  entity_type text,
  description text,
  evidence int not null,
  occurrences int not null,
  mentioned_at timestamptz not null,
  constraint rebuilt_entity_mentions_pkey primary key (entity_id, chunk_id)
);
comment on table lightrag.rebuilt_entity_mentions is
  'What a rebuild found that chunks contribute to entities; partition_id is the one of topic mentions that the entity belongs to.';

create unlogged table lightrag.rebuilt_relationship_mentions (
  relationship_id uuid not null,
  chunk_id uuid not null,
  workspace text not null,
  partition_id int not null,
  source_entity_id uuid not null,
  target_entity_id uuid not null,
  relationship_type text not null,
  description text,
  evidence int not null,
  mentioned_at timestamptz not null,
  constraint rebuilt_relationship_mentions_pkey primary key (relationship_id, chunk_id)
);
comment on table lightrag.rebuilt_relationship_mentions is
  'What a rebuild found that chunks contribute to relationships; partition_id is the one that the source belongs to.';

create unlogged table lightrag.rebuilt_votes (
  subject_id uuid not null,
  kind text not null,
  place bigint not null,
  value text not null,
  votes bigint not null,
  constraint rebuilt_votes_pkey primary key (subject_id, kind, place)
);
comment on table lightrag.rebuilt_votes is 'Votes that a rebuild counted, best first: place 1 wins.';

create unlogged table lightrag.rebuilt_relationships (
  id uuid not null,
  workspace text not null,
  partition_id int not null,
  source_entity_id uuid not null,
  target_entity_id uuid not null,
  relationship_type text not null,
  description text,
  description_votes bigint not null,
  mentions bigint not null,
  evidence bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint rebuilt_relationships_pkey primary key (id)
);
-- Degrees of the entities that a few more chunks concern.
create index rebuilt_relationships_source_idx on lightrag.rebuilt_relationships (source_entity_id);
create index rebuilt_relationships_target_idx on lightrag.rebuilt_relationships (target_entity_id);
comment on table lightrag.rebuilt_relationships is 'Relationships as a rebuild added them up.';

create unlogged table lightrag.rebuilt_entities (
  id uuid not null,
  workspace text not null,
  partition_id int not null,
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
  constraint rebuilt_entities_pkey primary key (id)
);
comment on table lightrag.rebuilt_entities is 'Entities as a rebuild added them up.';

create unlogged table lightrag.rebuilt_touched (
  subject_id uuid not null,
  constraint rebuilt_touched_pkey primary key (subject_id)
);
comment on table lightrag.rebuilt_touched is 'Entities and relationships that a rebuild has to add up again, since it found more mentions of them.';

create function lightrag.clear_rebuild() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  truncate lightrag.rebuilt_chunks, lightrag.rebuilt_entity_mentions, lightrag.rebuilt_relationship_mentions, lightrag.rebuilt_votes,
    lightrag.rebuilt_relationships, lightrag.rebuilt_entities, lightrag.rebuilt_touched;
end $$;
comment on function lightrag.clear_rebuild is 'Empties what a rebuild works in. Runs with the rights of the owner.';

create function lightrag.analyze_rebuild() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  analyze lightrag.rebuilt_chunks, lightrag.rebuilt_entity_mentions, lightrag.rebuilt_relationship_mentions, lightrag.rebuilt_votes,
    lightrag.rebuilt_relationships, lightrag.rebuilt_entities, lightrag.rebuilt_touched;
end $$;
comment on function lightrag.analyze_rebuild is
  'Tells the planner how much a rebuild has found, which no autovacuum does in time. Runs with the rights of the owner.';

create function lightrag.add_up_rebuild() returns void
language plpgsql as $$
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
end $$;
comment on function lightrag.add_up_rebuild is
  'Adds up the entities and relationships that are touched, from all of their mentions at once: another way to what the graph stage does one by one.';

create view lightrag.rebuilt_counters as
select u.partition_id, u.workspace, u.name, u.key, sum(u.value)::bigint as value
from (
  select e.partition_id, e.workspace, v.name, v.key, sum(v.value) as value
  from lightrag.rebuilt_entities e
  cross join lateral (values
    ('entities', '', 1),
    ('entity_mentions', '', e.mentions),
    ('entity_type', e.entity_type, 1),
    ('degree', lightrag.degree_bucket(e.out_degree + e.in_degree)::text, 1)) v (name, key, value)
  group by e.partition_id, e.workspace, v.name, v.key
  union all
  select r.partition_id, r.workspace, v.name, v.key, sum(v.value)
  from lightrag.rebuilt_relationships r
  cross join lateral (values
    ('relationships', '', 1),
    ('relationship_mentions', '', r.mentions),
    ('relationship_type', r.relationship_type, 1)) v (name, key, value)
  group by r.partition_id, r.workspace, v.name, v.key
) u
group by u.partition_id, u.workspace, u.name, u.key;
comment on view lightrag.rebuilt_counters is 'Counters of the graph as a rebuild added it up.';

create view lightrag.rebuilt_growth as
select u.partition_id, u.workspace, g.grain, date_trunc(g.grain, u.at, 'UTC') as starts_at,
  sum(u.entities)::bigint as entities, sum(u.relationships)::bigint as relationships, sum(u.mentions)::bigint as mentions
from (
  select e.partition_id, e.workspace, e.created_at as at, 1 as entities, 0 as relationships, 0 as mentions from lightrag.rebuilt_entities e
  union all
  select r.partition_id, r.workspace, r.created_at, 0, 1, 0 from lightrag.rebuilt_relationships r
  union all
  select m.partition_id, m.workspace, m.mentioned_at, 0, 0, 1 from lightrag.rebuilt_entity_mentions m
  union all
  select m.partition_id, m.workspace, m.mentioned_at, 0, 0, 1 from lightrag.rebuilt_relationship_mentions m
) u
cross join (values ('minute'), ('hour'), ('day')) g (grain)
group by u.partition_id, u.workspace, g.grain, date_trunc(g.grain, u.at, 'UTC');
comment on view lightrag.rebuilt_growth is
  'Growth as a rebuild finds it, by when documents were taken in: when the graph took up what they said is known to the log alone.';

create view lightrag.rebuilt_top_entities as
select t.partition_id, t.workspace, t.entity_id, t.name, t.degree
from (
  select e.partition_id, e.workspace, e.id as entity_id, e.name, (e.out_degree + e.in_degree)::bigint as degree,
    row_number() over (partition by e.partition_id, e.workspace order by e.out_degree + e.in_degree desc, e.id) as place
  from lightrag.rebuilt_entities e
  where e.out_degree + e.in_degree > 0
) t
where t.place <= 100;
comment on view lightrag.rebuilt_top_entities is 'The entities of highest degree of each partition, of the graph as a rebuild added it up.';

create function lightrag.swap_rebuild() returns table (relation text, written bigint, removed bigint)
language plpgsql as $$
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
end $$;
comment on function lightrag.swap_rebuild is
  'Makes graph and statistics what a rebuild found, within the caller''s transaction: removes and writes what differs, and tells how many rows that was. Call it behind hold_graph, with every chunk made again.';

create function lightrag.hold_graph() returns void
language plpgsql as $$
begin
  -- Waits for the batches under way. From then on nobody commits a batch of these groups, nor claims one of their partitions.
  perform 1
  from stream.assignments a
  join stream.groups g on g.group_id = a.group_id
  where g.name in ('graph', 'stats')
  order by a.group_id, a.partition_id
  for no key update of a;
end $$;
comment on function lightrag.hold_graph is
  'Keeps the groups graph and stats from committing until the caller''s transaction ends. Nobody else waits: readers see the graph as it was, and documents come in.';

create function lightrag.release_graph() returns void
language plpgsql as $$
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
end $$;
comment on function lightrag.release_graph is
  'Lets the groups graph and stats go on over a graph that was swapped, within the same transaction: graph where it was, taking what it reads up to the end for work done again; stats behind all changes of the graph before.';

revoke execute on function
  lightrag.clear_rebuild, lightrag.analyze_rebuild, lightrag.add_up_rebuild, lightrag.swap_rebuild, lightrag.hold_graph, lightrag.release_graph
from public;
