-- What one document says goes to all partitions of a topic. A statement for each of them costs more than its rows do, most of
-- it for planning, since a segment's table is not known before: so appends, fetches and commits of several partitions are
-- one statement each.

create function stream.append_batches(
  p_topic_id int, p_partition_ids int[], p_batch_ids uuid[], p_size_bytes int[], p_firsts int[], p_record_counts int[], p_with_headers boolean[],
  p_keys bytea[], p_values bytea[], p_headers bytea[]) returns bigint[]
language plpgsql as $$
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
end $$;
comment on function stream.append_batches is
  'Appends a small batch to each of several partitions of a topic, given in ascending order, and gives their offsets. A batch is the records behind the first p_firsts of keys, values and headers. It holds the partitions until the transaction ends, so call it last.';

create type stream.placed_batch as (
  place int, base_offset bigint, record_count int, created_at timestamptz, keys bytea[], "values" bytea[], headers bytea[], size_bytes int);
comment on type stream.placed_batch is 'A batch as stream.fetch_batches gives it: of the partition that is named in that place, from 1.';

create function stream.fetch_batches(p_topic_id int, p_partition_ids int[], p_offsets bigint[], p_max_bytes int[], p_largest int)
returns setof stream.placed_batch
language plpgsql stable as $$
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
end $$;
comment on function stream.fetch_batches is
  'Batches of several partitions of a topic, of each from its p_offsets on until its p_max_bytes are passed. Of a partition without a batch that begins there, what comes is none or begins later: stream.fetch knows why. A batch of more than p_largest bytes comes without its contents.';

create function stream.commit_offsets(p_group_id int, p_partition_ids int[], p_epochs bigint[], p_sequences bigint[], p_offsets bigint[]) returns void
language plpgsql as $$
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
end $$;
comment on function stream.commit_offsets is
  'The fence of several partitions in one transaction: commits their offsets where every epoch and last commit is still the caller''s, and raises MR001 where one is not. First statement of the transaction.';

revoke execute on function stream.append_batches, stream.commit_offsets from public;
