-- What is accepted and not finished yet, for admission.

alter table jobs.job_status add column size_bytes int not null default 0;
comment on column jobs.job_status.size_bytes is 'Bytes of its record in the log, key and value; 0 for jobs from before this was stored.';

-- Admission: how many documents, and bytes of them, each workspace has on their way.
create index job_status_open_idx on jobs.job_status (workspace) include (size_bytes) where completed_at is null;

-- Fetch without the contents of what is large: a reader first finds room for them.
create function stream.fetch(p_topic_id int, p_partition_id int, p_offset bigint, p_max_bytes int, p_largest int)
returns table (base_offset bigint, record_count int, created_at timestamptz, keys bytea[], "values" bytea[], headers bytea[], size_bytes int)
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
      'select c.base_offset, c.record_count, c.created_at,
         case when c.size_bytes <= $7 then c.keys end, case when c.size_bytes <= $7 then c."values" end,
         case when c.size_bytes <= $7 then c.headers end, c.size_bytes
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
    using p_topic_id, in_segment, p_partition_id, coalesce(first_offset, p_offset), p_offset, p_max_bytes, p_largest;
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
comment on function stream.fetch(int, int, bigint, int, int) is
  'Batches of a partition from the one that holds p_offset on, at least one where there is one, until p_max_bytes are passed. A batch of more than p_largest bytes comes without its contents. An offset before the beginning of the partition is an error (MR002).';

create or replace function stream.fetch(p_topic_id int, p_partition_id int, p_offset bigint, p_max_bytes int)
returns table (base_offset bigint, record_count int, created_at timestamptz, keys bytea[], "values" bytea[], headers bytea[])
language sql stable as $$
  select f.base_offset, f.record_count, f.created_at, f.keys, f."values", f.headers
  from stream.fetch(p_topic_id, p_partition_id, p_offset, p_max_bytes, 2147483647) f
$$;
comment on function stream.fetch(int, int, bigint, int) is
  'As pods of the release before call it: with the contents of all batches, however large.';

revoke execute on function stream.fetch(int, int, bigint, int, int) from public;
