-- The log and its consumer groups. verticles/src/main/java/io/millrace/stream/README.md tells the idea, the
-- invariants and the locking.

create table stream.topics (
  topic_id int generated always as identity,
  name text not null,
  partitions int not null,
  created_at timestamptz not null default now(),
  constraint topics_pkey primary key (topic_id),
  constraint topics_name_key unique (name),
  constraint topics_name_check check (name ~ '^[A-Za-z0-9._-]{1,200}$'),
  constraint topics_partitions_check check (partitions between 1 and 1024)
);
comment on table stream.topics is 'Topics of the log; the number of partitions is fixed when a topic is made.';

create table stream.partitions (
  topic_id int not null,
  partition_id int not null,
  floor_offset bigint not null default 0,
  constraint partitions_pkey primary key (topic_id, partition_id),
  constraint partitions_topic_fkey foreign key (topic_id) references stream.topics (topic_id) on delete cascade
);
comment on table stream.partitions is 'Partitions of a topic. floor_offset is where a partition begins; only retention moves it.';

create table stream.segments (
  topic_id int not null,
  segment_id int not null,
  starts_at timestamptz not null,
  created_at timestamptz not null default now(),
  constraint segments_pkey primary key (topic_id, segment_id),
  constraint segments_topic_fkey foreign key (topic_id) references stream.topics (topic_id) on delete cascade
);
comment on table stream.segments is
  'Segments of a topic, each a table of its own. An append goes to the newest segment that has begun; a clock that runs past the last one goes on writing there.';

create table stream.segment_starts (
  topic_id int not null,
  partition_id int not null,
  segment_id int not null,
  base_offset bigint not null,
  constraint segment_starts_pkey primary key (topic_id, partition_id, segment_id),
  constraint segment_starts_segment_fkey foreign key (topic_id, segment_id) references stream.segments (topic_id, segment_id) on delete cascade
);
comment on table stream.segment_starts is
  'The first offset of a partition in a segment. A fetch names its segment with it: by offset alone, over 30 segments, planning cost more than reading.';

create table stream.batches (
  topic_id int not null,
  segment_id int not null,
  partition_id int not null,
  base_offset bigint not null,
  record_count int not null,
  size_bytes int not null,
  created_at timestamptz not null,
  batch_id uuid not null,
  keys bytea[] not null,
  "values" bytea[] not null,
  headers bytea[],
  constraint batches_pkey primary key (topic_id, segment_id, partition_id, base_offset),
  constraint batches_record_count_check check (
    record_count > 0
    and record_count = cardinality(keys)
    and record_count = cardinality("values")
    and (headers is null or record_count = cardinality(headers))
  )
) partition by list (topic_id);
-- External: no compression attempt (pglz halves the append rate), and a slice never decompresses.
alter table stream.batches alter column keys set storage external;
alter table stream.batches alter column "values" set storage external;
alter table stream.batches alter column headers set storage external;
comment on table stream.batches is
  'A row is a batch: records base_offset to base_offset + record_count - 1 of a partition, in commit order and without gaps. created_at never runs backwards within a partition. headers holds, a record, the header block of Kafka''s record format v2 (KIP-98), and is null when no record has any.';

create function stream.lock_key(p_topic_id int, p_partition_id int) returns bigint
language sql immutable parallel safe
return (x'4d52'::int::bigint << 44) | (p_topic_id::bigint << 12) | p_partition_id;
comment on function stream.lock_key is 'Advisory lock of a partition: appenders take it, first to last by (topic, partition) when they need several.';

create function stream.segment_table(p_topic_id int, p_segment_id int) returns text
language sql immutable parallel safe
return 'batches_' || p_topic_id || '_' || p_segment_id;
comment on function stream.segment_table is 'Name of the table, in schema stream, that holds a segment.';

create function stream.create_segment(p_topic_id int, p_starts_at timestamptz) returns int
language plpgsql as $$
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
end $$;
comment on function stream.create_segment is 'Makes and attaches the next segment of a topic, to be written from p_starts_at on.';

create function stream.create_segments_ahead(p_length interval, p_ahead interval) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
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
end $$;
comment on function stream.create_segments_ahead is
  'Makes, for each topic, the segment that follows the newest one when that is due within p_ahead; returns how many. Runs with the rights of the owner.';

create function stream.create_topic(p_name text, p_partitions int) returns stream.topics
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
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
end $$;
comment on function stream.create_topic is 'The topic of that name, made with its partitions and first segment when it is not there yet.';

create function stream.tail(p_topic_id int, p_partition_id int, out segment_id int, out end_offset bigint, out created_at timestamptz)
language plpgsql stable as $$
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
end $$;
comment on function stream.tail is 'Where a partition ends: the offset that the next record gets, and segment and time of the last batch (null when there is none).';

create function stream.end_offset(p_topic_id int, p_partition_id int) returns bigint
language sql stable
return (select t.end_offset from stream.tail(p_topic_id, p_partition_id) t);
comment on function stream.end_offset is 'The offset that the next record of a partition gets.';

create function stream.append(
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
  if last.segment_id is null or into_segment > last.segment_id then
    insert into stream.segment_starts (topic_id, partition_id, segment_id, base_offset)
    values (p_topic_id, p_partition_id, into_segment, append.base_offset);
  end if;
  insert into stream.batches (topic_id, segment_id, partition_id, base_offset, record_count, size_bytes, created_at, batch_id, keys, "values", headers)
  values (p_topic_id, into_segment, p_partition_id, append.base_offset, cardinality(p_values), p_size_bytes, append.created_at, p_batch_id, p_keys, p_values, p_headers);
end $$;
comment on function stream.append is
  'Appends a batch behind the tail of a partition and holds the partition until the transaction ends, so call it last. With p_known_end (a point where the partition ended before the first try) the call can be repeated: a batch id that is there already is not appended again.';

create function stream.fetch(p_topic_id int, p_partition_id int, p_offset bigint, p_max_bytes int)
returns table (base_offset bigint, record_count int, created_at timestamptz, keys bytea[], "values" bytea[], headers bytea[])
language plpgsql stable as $$
declare
  in_segment int;
  first_offset bigint;
  floor_offset bigint;
begin
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
  loop
    execute format(
      'select b.base_offset from stream.%I b where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = $3 and b.base_offset <= $4 order by b.base_offset desc limit 1',
      stream.segment_table(p_topic_id, in_segment))
    into first_offset
    using p_topic_id, in_segment, p_partition_id, p_offset;
    return query execute format(
      'select c.base_offset, c.record_count, c.created_at, c.keys, c."values", c.headers
       from (
         select b.*, sum(b.size_bytes) over (order by b.base_offset rows between unbounded preceding and current row) - b.size_bytes as before_bytes
         from (
           select l.* from stream.%I l
           where l.topic_id = $1 and l.segment_id = $2 and l.partition_id = $3 and l.base_offset >= $4 and l.base_offset + l.record_count > $5
           order by l.base_offset
           limit 256
         ) b
       ) c
       where c.before_bytes < $6
       order by c.base_offset',
      stream.segment_table(p_topic_id, in_segment))
    using p_topic_id, in_segment, p_partition_id, coalesce(first_offset, p_offset), p_offset, p_max_bytes;
    if found then
      return;
    end if;
    -- Nothing left in this segment: the next one of the partition begins where it ends.
    select s.segment_id into in_segment
    from stream.segment_starts s
    where s.topic_id = p_topic_id and s.partition_id = p_partition_id and s.segment_id > in_segment
    order by s.segment_id
    limit 1;
    if in_segment is null then
      return;
    end if;
  end loop;
end $$;
comment on function stream.fetch is
  'Batches of a partition from the one that holds p_offset on, at least one where there is one, until p_max_bytes are passed. An offset before the beginning of the partition is an error (MR002).';

create function stream.offset_at(p_topic_id int, p_partition_id int, p_time timestamptz) returns bigint
language plpgsql stable as $$
declare
  found_offset bigint;
  candidate record;
begin
  for candidate in
    select s.segment_id from stream.segment_starts s
    where s.topic_id = p_topic_id and s.partition_id = p_partition_id
    order by s.segment_id
  loop
    execute format(
      'select b.base_offset from stream.%I b where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = $3 and b.created_at >= $4 order by b.base_offset limit 1',
      stream.segment_table(p_topic_id, candidate.segment_id))
    into found_offset
    using p_topic_id, candidate.segment_id, p_partition_id, p_time;
    if found_offset is not null then
      return found_offset;
    end if;
  end loop;
  return stream.end_offset(p_topic_id, p_partition_id);
end $$;
comment on function stream.offset_at is 'The first offset of a partition whose time is not before p_time; its end when there is none.';

-- Consumer groups ---------------------------------------------------------------------------------------------------

create table stream.groups (
  group_id int generated always as identity,
  name text not null,
  topic_id int not null,
  created_at timestamptz not null default now(),
  constraint groups_pkey primary key (group_id),
  constraint groups_name_key unique (name),
  constraint groups_name_check check (name ~ '^[A-Za-z0-9._-]{1,200}$'),
  constraint groups_topic_fkey foreign key (topic_id) references stream.topics (topic_id) on delete cascade
);
comment on table stream.groups is 'Consumer groups; each reads one topic.';

create table stream.members (
  member_id uuid not null,
  host text not null,
  lease_until timestamptz not null,
  joined_at timestamptz not null default now(),
  constraint members_pkey primary key (member_id)
);
comment on table stream.members is 'Pods: one row, one heartbeat a pod. A member is alive while now() < lease_until <= now() + lease length.';

create table stream.group_members (
  group_id int not null,
  member_id uuid not null,
  constraint group_members_pkey primary key (group_id, member_id),
  constraint group_members_group_fkey foreign key (group_id) references stream.groups (group_id) on delete cascade,
  constraint group_members_member_fkey foreign key (member_id) references stream.members (member_id) on delete cascade
);
comment on table stream.group_members is 'Which groups a pod takes part in.';

create table stream.assignments (
  group_id int not null,
  partition_id int not null,
  owner uuid,
  epoch bigint not null default 0,
  high_offset bigint not null default 0,
  unclean_offset bigint not null default -1,
  unclean_claims int not null default 0,
  trial_offset bigint not null default -1,
  trials int not null default 0,
  claimed_at timestamptz,
  constraint assignments_pkey primary key (group_id, partition_id),
  constraint assignments_group_fkey foreign key (group_id) references stream.groups (group_id) on delete cascade
) with (fillfactor = 50);
comment on table stream.assignments is
  'Who owns a partition of a group, and in which epoch. Each claim and each seek raises the epoch. Rows change on claims and seeks, never on commits. unclean_* count claims that followed an unclean end at the same offset; trial_offset is the durable mark of a record that is tried alone, and trials counts the processes that ended uncleanly over it. high_offset is the highest offset ever committed before a seek went back: below it, work is done again.';

create table stream.commits (
  group_id int not null,
  partition_id int not null,
  sequence bigint not null,
  committed_offset bigint not null,
  epoch bigint not null,
  committed_at timestamptz not null,
  constraint commits_pkey primary key (group_id, partition_id, sequence)
);
comment on table stream.commits is
  'Committed offsets, append-only as the log itself: the newest sequence of a partition counts. A row that was updated in place would decay while somebody holds an old snapshot. Old rows are trimmed.';

create function stream.committed(p_group_id int, p_partition_id int, out sequence bigint, out committed_offset bigint, out committed_at timestamptz)
language sql stable as $$
  select c.sequence, c.committed_offset, c.committed_at
  from stream.commits c
  where c.group_id = p_group_id and c.partition_id = p_partition_id
  order by c.sequence desc
  limit 1
$$;
comment on function stream.committed is 'The newest commit of a partition of a group.';

create function stream.create_group(p_name text, p_topic_id int) returns stream.groups
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
  insert into stream.groups (name, topic_id) values (p_name, p_topic_id) returning * into consumer_group;
  insert into stream.assignments (group_id, partition_id)
  select consumer_group.group_id, p.partition_id from stream.partitions p where p.topic_id = p_topic_id;
  insert into stream.commits (group_id, partition_id, sequence, committed_offset, epoch, committed_at)
  select consumer_group.group_id, p.partition_id, 0, p.floor_offset, 0, now() from stream.partitions p where p.topic_id = p_topic_id;
  return consumer_group;
end $$;
comment on function stream.create_group is 'The group of that name, made to begin at the first record of its topic when it is not there yet.';

create function stream.heartbeat(p_member_id uuid, p_host text, p_lease interval) returns void
language sql as $$
  insert into stream.members (member_id, host, lease_until)
  values (p_member_id, p_host, clock_timestamp() + p_lease)
  on conflict (member_id) do update set lease_until = excluded.lease_until
$$;
comment on function stream.heartbeat is 'Extends the lease of a member, by the clock of the database alone.';

create function stream.live_members(p_group_id int, p_lease interval) returns setof uuid
language sql stable as $$
  select m.member_id
  from stream.group_members g
  join stream.members m on m.member_id = g.member_id
  where g.group_id = p_group_id
    and clock_timestamp() < m.lease_until
    -- A clock that was set back must not keep a dead pod's lease alive for as long as the step was.
    and m.lease_until <= clock_timestamp() + p_lease
$$;
comment on function stream.live_members is 'Members of a group whose lease counts.';

create function stream.claim(p_group_id int, p_member_id uuid, p_lease interval, p_running int[])
returns table (partition_id int, epoch bigint, sequence bigint, committed_offset bigint, high_offset bigint, unclean_claims int, trial_offset bigint, trials int)
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
    case when a.unclean_offset = c.committed_offset then a.unclean_claims else 0 end, a.trial_offset, a.trials
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
  unclean_claims int, trial_offset bigint, trials int, claimed boolean, share int, members int, pods int)
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
      c.unclean_claims, c.trial_offset, c.trials, true, my_share, member_count, pod_count
    from claims c
    join stream.groups t on t.group_id = g;
    return query
    select g, a.partition_id, a.owner, a.epoch, stream.end_offset(t.topic_id, a.partition_id), c.sequence, c.committed_offset, a.high_offset,
      0, a.trial_offset, a.trials, false, my_share, member_count, pod_count
    from stream.assignments a
    join stream.groups t on t.group_id = a.group_id
    cross join lateral stream.committed(g, a.partition_id) c
    where a.group_id = g;
  end loop;
end $$;
comment on function stream.tick is
  'What a pod asks for once a second, for all groups in one round trip: it takes part in those it serves, claims partitions of them, and sees where every partition stands.';

create function stream.commit_offset(p_group_id int, p_partition_id int, p_epoch bigint, p_sequence bigint, p_offset bigint) returns void
language plpgsql as $$
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
end $$;
comment on function stream.commit_offset is
  'The fence: commits an offset where epoch and last commit are still the caller''s, and raises MR001 where they are not. First statement of a batch''s transaction.';

create function stream.mark_trial(p_group_id int, p_partition_id int, p_epoch bigint, p_offset bigint) returns void
language plpgsql as $$
begin
  update stream.assignments a
  set trials = case when a.trial_offset = p_offset then a.trials else 0 end, trial_offset = p_offset
  where a.group_id = p_group_id and a.partition_id = p_partition_id and a.epoch = p_epoch;
  if not found then
    raise exception 'fenced: partition % of group % is no longer in epoch %', p_partition_id, p_group_id, p_epoch using errcode = 'MR001';
  end if;
end $$;
comment on function stream.mark_trial is 'Durable mark that a record is about to be tried alone. A claim that finds the mark of a member that vanished counts it.';

create function stream.release(p_group_id int, p_partition_id int, p_epoch bigint) returns boolean
language sql as $$
  update stream.assignments a set owner = null
  where a.group_id = p_group_id and a.partition_id = p_partition_id and a.epoch = p_epoch and a.owner is not null
  returning true
$$;
comment on function stream.release is 'Gives a partition back between two batches: the clean end of an epoch.';

create function stream.leave(p_group_id int, p_member_id uuid) returns void
language sql as $$
  delete from stream.group_members where group_id = p_group_id and member_id = p_member_id;
  update stream.assignments set owner = null where group_id = p_group_id and owner = p_member_id;
$$;
comment on function stream.leave is 'Takes a member out of a group, once it runs no partition of it any more; the others'' shares grow at once.';

create function stream.seek(p_group_id int, p_partition_id int, p_offset bigint) returns bigint
language plpgsql as $$
declare
  last record;
begin
  perform 1 from stream.assignments a where a.group_id = p_group_id and a.partition_id = p_partition_id for no key update;
  if not found then
    raise exception 'group % has no partition %', p_group_id, p_partition_id using errcode = 'MR003';
  end if;
  select c.sequence, c.committed_offset into last from stream.committed(p_group_id, p_partition_id) c;
  update stream.assignments a
  set epoch = a.epoch + 1, owner = null, high_offset = greatest(a.high_offset, last.committed_offset), unclean_offset = -1, unclean_claims = 0, trial_offset = -1, trials = 0
  where a.group_id = p_group_id and a.partition_id = p_partition_id;
  insert into stream.commits (group_id, partition_id, sequence, committed_offset, epoch, committed_at)
  select p_group_id, p_partition_id, last.sequence + 1, p_offset, a.epoch, clock_timestamp()
  from stream.assignments a where a.group_id = p_group_id and a.partition_id = p_partition_id;
  return p_offset;
end $$;
comment on function stream.seek is 'Moves a group to an offset. Raises the epoch, so whoever owns the partition is fenced and claims again.';

create function stream.trim_commits(p_group_id int, p_partition_id int, p_before bigint) returns bigint
language sql as $$
  with trimmed as (
    delete from stream.commits c
    where c.group_id = p_group_id and c.partition_id = p_partition_id and c.sequence < p_before
    returning 1
  )
  select count(*) from trimmed
$$;
comment on function stream.trim_commits is 'Drops the commits before a sequence; the owner of the partition does so now and then.';

-- What dashboards read ----------------------------------------------------------------------------------------------

create view stream.group_partitions as
select g.name as "group", t.name as topic, a.partition_id as "partition", a.owner, a.epoch, c.committed_offset, c.committed_at, a.claimed_at
from stream.groups g
join stream.topics t on t.topic_id = g.topic_id
join stream.assignments a on a.group_id = g.group_id
cross join lateral stream.committed(a.group_id, a.partition_id) c;
comment on view stream.group_partitions is 'Owner, epoch and committed offset of each partition of each consumer group.';

create view stream.lag as
select g.name as "group", t.name as topic, a.partition_id as "partition", a.owner, c.committed_offset, e.end_offset,
  e.end_offset - c.committed_offset as lag, c.committed_at
from stream.groups g
join stream.topics t on t.topic_id = g.topic_id
join stream.assignments a on a.group_id = g.group_id
cross join lateral stream.committed(a.group_id, a.partition_id) c
cross join lateral stream.tail(g.topic_id, a.partition_id) e;
comment on view stream.lag is 'How many records of each partition each consumer group has still to read.';

create view stream.records as
select t.name as topic, b.partition_id as "partition", b.base_offset + r.ordinality - 1 as "offset", b.created_at as "timestamp", r.key, r.value, b.headers[r.ordinality] as headers
from stream.batches b
join stream.topics t on t.topic_id = b.topic_id
cross join lateral unnest(b.keys, b."values") with ordinality as r (key, value, ordinality);
comment on view stream.records is 'The log, a record a row, for people who look around; filter by topic, and expect it to read what it shows.';

-- Rights ------------------------------------------------------------------------------------------------------------

-- Functions that write are for the owner and whom it grants them to (sql/admin); those that views call stay with public.
revoke execute on function
  stream.leave,
  stream.create_segment, stream.create_segments_ahead, stream.create_topic, stream.append, stream.create_group, stream.heartbeat, stream.claim,
  stream.tick, stream.commit_offset, stream.mark_trial, stream.release, stream.seek, stream.trim_commits
from public;
