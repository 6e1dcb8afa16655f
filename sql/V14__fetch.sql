-- A fetch plans one plain look at the segment, and not three nested ones and a second: it took half a millisecond, mostly to
-- be planned, for the one batch that a reader at the end of the log is usually after.

create type stream.fetched_batch as (
  base_offset bigint, record_count int, created_at timestamptz, keys bytea[], "values" bytea[], headers bytea[], size_bytes int);
comment on type stream.fetched_batch is 'A batch as stream.fetch gives it; without its contents when it is larger than the reader has room for.';

create function stream.read_batches(p_topic_id int, p_segment_id int, p_partition_id int, p_from bigint, p_max_bytes int, p_largest int)
returns setof stream.fetched_batch
language plpgsql stable as $$
declare
  -- A row and not a variable a column: an array in a variable is taken apart and put together again, a megabyte at a time.
  batch stream.fetched_batch;
  bytes bigint := 0;
begin
  for batch in
    execute format(
      'select b.base_offset, b.record_count, b.created_at, b.keys, b."values", b.headers, b.size_bytes
       from stream.%I b
       where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = $3 and b.base_offset >= $4
       order by b.base_offset
       limit 256',
      stream.segment_table(p_topic_id, p_segment_id))
    using p_topic_id, p_segment_id, p_partition_id, p_from
  loop
    exit when bytes >= p_max_bytes or (bytes = 0 and batch.base_offset > p_from);
    bytes := bytes + batch.size_bytes;
    if batch.size_bytes > p_largest then
      batch.keys := null;
      batch."values" := null;
      batch.headers := null;
    end if;
    return next batch;
  end loop;
end $$;
comment on function stream.read_batches is
  'Batches of one segment from the one that begins at p_from on, until p_max_bytes are passed; none when no batch begins there. A batch of more than p_largest bytes comes without its contents.';

create or replace function stream.fetch(p_topic_id int, p_partition_id int, p_offset bigint, p_max_bytes int, p_largest int)
returns table (base_offset bigint, record_count int, created_at timestamptz, keys bytea[], "values" bytea[], headers bytea[], size_bytes int)
language plpgsql stable as $$
declare
  in_segment int;
  floor_offset bigint;
  before record;
begin
  -- The next segment of a partition begins where this one ends, so the offset is in this one or nowhere.
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
  return query select * from stream.read_batches(p_topic_id, in_segment, p_partition_id, p_offset, p_max_bytes, p_largest);
  if not found then
    -- Within a batch, or at the end.
    execute format(
      'select b.base_offset, b.record_count from stream.%I b where b.topic_id = $1 and b.segment_id = $2 and b.partition_id = $3 and b.base_offset < $4 order by b.base_offset desc limit 1',
      stream.segment_table(p_topic_id, in_segment))
    into before
    using p_topic_id, in_segment, p_partition_id, p_offset;
    if before.base_offset + before.record_count > p_offset then
      return query select * from stream.read_batches(p_topic_id, in_segment, p_partition_id, before.base_offset, p_max_bytes, p_largest);
    end if;
  end if;
end $$;
