package io.millrace.verify;

import java.util.List;

/** Comparisons of documents, their chunks, and the jobs that tell how far they have come. */
final class JobRecounts {

    private JobRecounts() {}

    /**
     * A character has one to four bytes, and the number of bytes is known without reading a text: so a text is read only
     * where its overlap is more than a quarter of that.
     */
    private static final String CHUNKS = """
            with listed as (
              select d.document_id, d.job_id, u.chunk_id
              from jobs.documents d
              cross join lateral unnest(d.chunk_ids) u (chunk_id)
            ), found (what) as (
              select
                case
                  when c.chunk_id is null then format('document %s: chunk %s is not stored', l.document_id, l.chunk_id)
                  when c.document_id <> l.document_id
                    then format('document %s: chunk %s is of document %s', l.document_id, l.chunk_id, c.document_id)
                  when j.status = 'completed' and x.chunk_id is null
                    then format('document %s: chunk %s was never extracted, and job %s is completed', l.document_id, l.chunk_id, j.id)
                end
              from listed l
              left join jobs.chunks c on c.chunk_id = l.chunk_id
              left join jobs.job_status j on j.id = l.job_id
              left join lightrag.chunk_extractions x on x.chunk_id = l.chunk_id
              union all
              select format('document %s: chunk %s is there %s times', l.document_id, l.chunk_id, count(*))
              from listed l
              group by l.document_id, l.chunk_id
              having count(*) > 1
              union all
              select format('document %s: its job %s is not there', d.document_id, d.job_id)
              from jobs.documents d
              where not exists (select from jobs.job_status j where j.id = d.job_id)
              union all
              select
                case
                  when c.overlap < 0 or c.overlap > octet_length(c.content) then format('chunk %s: overlap %s', c.chunk_id, c.overlap)
                  when c.overlap <= octet_length(c.content) / 4 then null
                  when c.overlap > char_length(c.content)
                    then format('chunk %s: overlap %s, length %s', c.chunk_id, c.overlap, char_length(c.content))
                end
              from jobs.chunks c
              union all
              select
                case
                  when c.chunk_id is null then format('chunk %s was extracted, but is not stored', x.chunk_id)
                  when x.extraction_key is null and c.supplied is null
                    then format('chunk %s was extracted, but nothing says what was found', x.chunk_id)
                  when x.extraction_key is not null and e.extraction_key is null
                    then format('chunk %s: extraction %s is not in the cache', x.chunk_id, x.extraction_key)
                end
              from lightrag.chunk_extractions x
              left join jobs.chunks c on c.chunk_id = x.chunk_id
              left join lightrag.extractions e on e.extraction_key = x.extraction_key
            ), differences as (
              select f.what from found f where f.what is not null
            )
            select
              (select count(*) from jobs.documents) + (select count(*) from jobs.chunks),
              (select count(*) from differences),
              array(select d.what from differences d order by d.what limit 10)
            """;

    /**
     * A job that has not ended waits for something: its document or a chunk is in the log and not yet read, or a fact about
     * it is not yet swept (a chunk's mentions leave one until the graph has read them), or the job it repeats has not
     * ended. Work done again after a seek leaves no facts, so what was processed once is no reason to wait.
     */
    private static final String JOBS = """
            with reached as (
              select t.name as topic, p.topic_id, p.partition_id, greatest(c.committed_offset, p.floor_offset) as next_offset,
                coalesce(a.processed, '{}') as processed
              from stream.topics t
              join stream.partitions p on p.topic_id = t.topic_id
              left join stream.groups g on g.topic_id = t.topic_id and g.name in ('chunk', 'extract')
              left join stream.assignments a on a.group_id = g.group_id and a.partition_id = p.partition_id
              left join lateral stream.committed(g.group_id, p.partition_id) c on true
              where t.name in ('documents', 'chunks')
            ), unread as materialized (
              select b.base_offset, b."values", r.next_offset, r.processed
              from reached r
              join stream.batches b on b.partition_id = r.partition_id and b.base_offset + b.record_count > r.next_offset
              where r.topic = 'documents' and b.topic_id = (select t.topic_id from stream.topics t where t.name = 'documents')
              union all
              select b.base_offset, b."values", r.next_offset, r.processed
              from reached r
              join stream.batches b on b.partition_id = r.partition_id and b.base_offset + b.record_count > r.next_offset
              where r.topic = 'chunks' and b.topic_id = (select t.topic_id from stream.topics t where t.name = 'chunks')
            ), waiting (job_id) as (
              select coalesce(m.job_id, m.job)
              from unread u
              cross join lateral unnest(u."values") with ordinality v (value, ordinality)
              cross join lateral json_to_record(convert_from(v.value, 'UTF8')::json) m (job_id uuid, job uuid)
              where u.base_offset + v.ordinality - 1 >= u.next_offset and not u.processed @> (u.base_offset + v.ordinality - 1)
              union all
              select u.job_id
              from jobs.progress p
              cross join lateral unnest(p.job_ids) u (job_id)
              union all
              select j.id
              from jobs.job_status j
              join jobs.job_status f on f.id = j.follows
              where j.completed_at is null and f.completed_at is null
            ), found (what) as (
              select
                case
                  when (j.status in ('completed', 'failed')) <> (j.completed_at is not null)
                    then format('job %s is %s, ended at %s', j.id, j.status, coalesce(j.completed_at::text, 'no time'))
                  when j.status = 'completed' and j.chunks_processed is distinct from j.chunks_total
                    then format('job %s is completed with %s of %s chunks', j.id, j.chunks_processed, coalesce(j.chunks_total::text, 'unknown'))
                  when j.chunks_processed > j.chunks_total then format('job %s: %s of %s chunks', j.id, j.chunks_processed, j.chunks_total)
                  when j.status = 'failed' and j.error_message is null then format('job %s has failed for no reason', j.id)
                end
              from jobs.job_status j
              union all
              select format('job %s is %s, and nothing of it is on its way', j.id, j.status)
              from jobs.job_status j
              where j.status in ('queued', 'processing') and not exists (select from waiting w where w.job_id = j.id)
              union all
              select format('workspace %s: %s is %s, recounted %s', coalesce(t.workspace, j.workspace), coalesce(t.name, j.name),
                coalesce(t.value, 0), coalesce(j.value, 0))
              from (select t.* from jobs.totals t where t.name in ('jobs_completed', 'jobs_failed')) t
              full join (
                select j.workspace, 'jobs_' || j.status as name, count(*) as value
                from jobs.job_status j
                where j.completed_at is not null
                group by j.workspace, j.status) j
                on j.workspace = t.workspace and j.name = t.name
              where coalesce(t.value, 0) <> coalesce(j.value, 0)
            ), differences as (
              select f.what from found f where f.what is not null
            )
            select
              (select count(*) from jobs.job_status),
              (select count(*) from differences),
              array(select d.what from differences d order by d.what limit 10)
            """;

    static final List<Recount> ALL = List.of(
            new Recount(
                    "chunks",
                    "Documents have all of their chunks, and each is extracted when its job is completed",
                    CHUNKS),
            new Recount("jobs", "Ended jobs are complete or say why not, and what has not ended is on its way", JOBS));
}
