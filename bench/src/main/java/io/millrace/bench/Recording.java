package io.millrace.bench;

import io.millrace.pg.Database;
import io.millrace.stream.ConsumerRecord;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Reads back what a run of the flow wrote: the rows, the batches of the log, and which offsets each commit covered. */
final class Recording {

    private final Database database;

    Recording(Database database) {
        this.database = database;
    }

    /** A batch row of the log. */
    record LogBatch(
            int topicId,
            int partition,
            long from,
            int count,
            int sizeBytes,
            OffsetDateTime createdAt,
            UUID batchId,
            List<Buffer> keys,
            List<Buffer> values) {

        List<ConsumerRecord> records() {
            var records = new ArrayList<ConsumerRecord>(count);
            for (var i = 0; i < count; i++) {
                records.add(record(i));
            }
            return records;
        }

        ConsumerRecord first() {
            return record(0);
        }

        private ConsumerRecord record(int i) {
            return new ConsumerRecord(
                    partition, from + i, createdAt.toInstant(), keys.get(i), values.get(i), List.of());
        }
    }

    /** A commit of a group: the records {@code from} to {@code to - 1} of the partition. */
    record Commit(int groupId, int partition, long sequence, long from, long to) {}

    private static final String TOPICS = """
            select topic_id, name, partitions
            from stream.topics
            order by topic_id
            """;

    List<Row> topics() {
        return rows(TOPICS, Tuple.tuple());
    }

    private static final String GROUPS = """
            select group_id, name, topic_id
            from stream.groups
            order by group_id
            """;

    List<Row> groups() {
        return rows(GROUPS, Tuple.tuple());
    }

    private static final String BATCHES = """
            select b.topic_id, b.partition_id, b.base_offset, b.record_count, b.size_bytes, b.created_at, b.batch_id, b.keys, b."values"
            from stream.batches b
            join stream.topics t on t.topic_id = b.topic_id
            where t.name = $1 and b.partition_id = $2
            order by b.base_offset
            """;

    List<LogBatch> batches(String topic, int partition) {
        return rows(BATCHES, Tuple.of(topic, partition)).stream()
                .map(row -> new LogBatch(
                        row.getInteger(0),
                        row.getInteger(1),
                        row.getLong(2),
                        row.getInteger(3),
                        row.getInteger(4),
                        row.getOffsetDateTime(5),
                        row.getUUID(6),
                        Arrays.asList(row.getArrayOfBuffers(7)),
                        Arrays.asList(row.getArrayOfBuffers(8))))
                .toList();
    }

    /** The first commit says where the group began; of a long run the owner has trimmed the oldest ones. */
    private static final String COMMITS = """
            select c.group_id, c.sequence, c.committed_offset
            from stream.commits c
            join stream.groups g on g.group_id = c.group_id
            where g.name = $1 and c.partition_id = $2
            order by c.sequence
            """;

    List<Commit> commits(String group, int partition) {
        var commits = new ArrayList<Commit>();
        var from = 0L;
        for (var row : rows(COMMITS, Tuple.of(group, partition))) {
            var sequence = row.getLong(1);
            var to = row.getLong(2);
            var missing =
                    (int) (sequence - (commits.isEmpty() ? 0 : commits.getLast().sequence()));
            for (var i = 1; i <= missing; i++) {
                var end = from + (to - from) * i / missing;
                var begin = from + (to - from) * (i - 1) / missing;
                commits.add(new Commit(row.getInteger(0), partition, sequence - missing + i, begin, end));
            }
            from = to;
        }
        return commits;
    }

    private static final String JOBS = """
            select id, workspace, job_type, source_uri, document_id, fingerprint, metadata_text, chunks_total, chunks_processed
            from jobs.job_status
            """;

    List<Row> jobs() {
        return rows(JOBS, Tuple.tuple());
    }

    private static final String VERSIONS = """
            select document_id, version, job_id, content_type, chunks, created_at
            from jobs.document_versions
            """;

    List<Row> versions() {
        return rows(VERSIONS, Tuple.tuple());
    }

    private static final String DOCUMENTS = """
            select document_id, workspace, source_uri, version, fingerprint, content_type, title, job_id,
              array_to_string(chunk_ids, ',') as chunk_ids, created_at
            from jobs.documents
            """;

    List<Row> documents() {
        return rows(DOCUMENTS, Tuple.tuple());
    }

    private static final String CHUNKS = """
            select chunk_id, document_id, job_id, overlap, content, supplied, created_at
            from jobs.chunks
            """;

    List<Row> chunks() {
        return rows(CHUNKS, Tuple.tuple());
    }

    private static final String CHUNK_EXTRACTIONS = """
            select chunk_id, extraction_key, entities, relationships
            from lightrag.chunk_extractions
            """;

    List<Row> chunkExtractions() {
        return rows(CHUNK_EXTRACTIONS, Tuple.tuple());
    }

    private static final String EXTRACTIONS = """
            select extraction_key, configuration, result
            from lightrag.extractions
            """;

    List<Row> extractions() {
        return rows(EXTRACTIONS, Tuple.tuple());
    }

    private static final String ENTITIES = """
            select id, workspace, name, name_votes, entity_type, type_votes, description, description_votes, mentions, evidence,
              out_degree, in_degree, created_at, updated_at
            from lightrag.entity_state
            """;

    List<Row> entities() {
        return rows(ENTITIES, Tuple.tuple());
    }

    private static final String RELATIONSHIPS = """
            select id, workspace, source_entity_id, target_entity_id, relationship_type, description, description_votes, mentions,
              evidence, created_at, updated_at
            from lightrag.relationship_state
            """;

    List<Row> relationships() {
        return rows(RELATIONSHIPS, Tuple.tuple());
    }

    private static final String VOTES = """
            select subject_id, kind, value_hash, value, votes
            from lightrag.votes
            """;

    List<Row> votes() {
        return rows(VOTES, Tuple.tuple());
    }

    private static final String TOP = """
            select partition_id, workspace, entity_id, name, degree
            from lightrag.top_entities
            """;

    List<Row> topEntities() {
        return rows(TOP, Tuple.tuple());
    }

    /** Closed connections have told their counts by then. */
    private static final String JOB_UPDATES = """
            select n_tup_upd
            from pg_stat_user_tables
            where schemaname = 'jobs' and relname = 'job_status'
            """;

    long jobUpdates() {
        return rows(JOB_UPDATES, Tuple.tuple()).getFirst().getLong(0);
    }

    private List<Row> rows(String sql, Tuple parameters) {
        var rows = new ArrayList<Row>();
        Waiting.await(database.pool().preparedQuery(sql).execute(parameters)).forEach(rows::add);
        return rows;
    }
}
