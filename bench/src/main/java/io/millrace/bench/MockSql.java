package io.millrace.bench;

import io.millrace.bench.Recording.Commit;
import io.millrace.bench.Recording.LogBatch;
import io.millrace.extract.Mention;
import io.millrace.graph.GraphChange;
import io.millrace.stats.StatsDelta;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The statements of the mock: the rows that the flow writes, as plainly as SQL can, a statement a table whatever the size of
 * the batch. No locks, no fence, no reading, no looking for what may be there already.
 */
final class MockSql {

    /** A statement and its parameters, ready to be sent. */
    record Statement(String sql, Tuple parameters) {}

    private MockSql() {}

    private static final String INSERT_BATCH = """
            insert into stream.batches (
              topic_id, segment_id, partition_id, base_offset, record_count, size_bytes, created_at, batch_id, keys, "values")
            values ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9)
            """;

    static Statement insertBatch(LogBatch batch) {
        return statement(
                INSERT_BATCH,
                batch.topicId(),
                batch.partition(),
                batch.from(),
                batch.count(),
                batch.sizeBytes(),
                batch.createdAt(),
                batch.batchId(),
                batch.keys().toArray(Buffer[]::new),
                batch.values().toArray(Buffer[]::new));
    }

    private static final String INSERT_COMMIT = """
            insert into stream.commits (group_id, partition_id, sequence, committed_offset, epoch, committed_at)
            values ($1, $2, $3, $4, 1, clock_timestamp())
            """;

    static Statement insertCommit(Commit commit) {
        return statement(INSERT_COMMIT, commit.groupId(), commit.partition(), commit.sequence(), commit.to());
    }

    private static final String INSERT_JOBS = """
            insert into jobs.job_status (id, workspace, job_type, source_uri, document_id, fingerprint, metadata, metadata_text)
            select n.id, n.workspace, n.job_type, n.source_uri, n.document_id, n.fingerprint, coalesce(n.metadata::jsonb, '{}'), n.metadata
            from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::bytea[], $7::text[])
              n (id, workspace, job_type, source_uri, document_id, fingerprint, metadata)
            """;

    static Statement insertJobs(List<Row> jobs) {
        return statement(
                INSERT_JOBS,
                uuids(jobs, row -> row.getUUID("id")),
                texts(jobs, row -> row.getString("workspace")),
                texts(jobs, row -> row.getString("job_type")),
                texts(jobs, row -> row.getString("source_uri")),
                uuids(jobs, row -> row.getUUID("document_id")),
                jobs.stream().map(row -> row.getBuffer("fingerprint")).toArray(Buffer[]::new),
                texts(jobs, row -> row.getString("metadata_text")));
    }

    private static final String INSERT_DOCUMENTS = """
            insert into jobs.documents (
              document_id, workspace, source_uri, version, fingerprint, content_type, title, job_id, chunk_ids, created_at, updated_at)
            select n.document_id, n.workspace, n.source_uri, n.version, n.fingerprint, n.content_type, n.title, n.job_id,
              string_to_array(n.chunk_ids, ',')::uuid[], n.at, n.at
            from unnest(
              $1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::text[], $7::text[], $8::uuid[], $9::text[],
              $10::timestamptz[])
              n (document_id, workspace, source_uri, version, fingerprint, content_type, title, job_id, chunk_ids, at)
            """;

    static Statement insertDocuments(List<Row> documents) {
        return statement(
                INSERT_DOCUMENTS,
                uuids(documents, row -> row.getUUID("document_id")),
                texts(documents, row -> row.getString("workspace")),
                texts(documents, row -> row.getString("source_uri")),
                longs(documents, row -> row.getLong("version")),
                documents.stream().map(row -> row.getBuffer("fingerprint")).toArray(Buffer[]::new),
                texts(documents, row -> row.getString("content_type")),
                texts(documents, row -> row.getString("title")),
                uuids(documents, row -> row.getUUID("job_id")),
                texts(documents, row -> row.getString("chunk_ids")),
                times(documents, row -> row.getOffsetDateTime("created_at")));
    }

    private static final String INSERT_VERSIONS = """
            insert into jobs.document_versions (document_id, version, job_id, content_type, chunks, created_at)
            select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::int[], $6::timestamptz[])
            """;

    static Statement insertVersions(List<Row> versions) {
        return statement(
                INSERT_VERSIONS,
                uuids(versions, row -> row.getUUID("document_id")),
                longs(versions, row -> row.getLong("version")),
                uuids(versions, row -> row.getUUID("job_id")),
                texts(versions, row -> row.getString("content_type")),
                ints(versions, row -> row.getInteger("chunks")),
                times(versions, row -> row.getOffsetDateTime("created_at")));
    }

    private static final String INSERT_CHUNKS = """
            insert into jobs.chunks (chunk_id, document_id, job_id, overlap, content, supplied, created_at)
            select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::timestamptz[])
            """;

    static Statement insertChunks(List<Row> chunks) {
        return statement(
                INSERT_CHUNKS,
                uuids(chunks, row -> row.getUUID("chunk_id")),
                uuids(chunks, row -> row.getUUID("document_id")),
                uuids(chunks, row -> row.getUUID("job_id")),
                ints(chunks, row -> row.getInteger("overlap")),
                texts(chunks, row -> row.getString("content")),
                texts(chunks, row -> row.getString("supplied")),
                times(chunks, row -> row.getOffsetDateTime("created_at")));
    }

    private static final String INSERT_FACT = """
            insert into jobs.progress (progress_id, kind, job_ids, counts, ends)
            overriding system value
            values ($1, $2, $3, $4, $5)
            """;

    static Statement insertFact(long id, String kind, List<UUID> jobIds, List<Integer> counts, Long @Nullable [] ends) {
        return statement(INSERT_FACT, id, kind, jobIds.toArray(UUID[]::new), counts.toArray(Integer[]::new), ends);
    }

    private static final String INSERT_EXTRACTIONS = """
            insert into lightrag.extractions (extraction_key, configuration, result)
            select * from unnest($1::uuid[], $2::text[], $3::text[])
            """;

    static Statement insertExtractions(List<Row> extractions) {
        return statement(
                INSERT_EXTRACTIONS,
                uuids(extractions, row -> row.getUUID("extraction_key")),
                texts(extractions, row -> row.getString("configuration")),
                texts(extractions, row -> row.getString("result")));
    }

    private static final String INSERT_CHUNK_EXTRACTIONS = """
            insert into lightrag.chunk_extractions (chunk_id, extraction_key, entities, relationships)
            select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[])
            """;

    static Statement insertChunkExtractions(List<Row> rows) {
        return statement(
                INSERT_CHUNK_EXTRACTIONS,
                uuids(rows, row -> row.getUUID("chunk_id")),
                uuids(rows, row -> row.getUUID("extraction_key")),
                ints(rows, row -> row.getInteger("entities")),
                ints(rows, row -> row.getInteger("relationships")));
    }

    private static final String INSERT_ENTITY_MENTIONS = """
            insert into lightrag.entity_mentions (entity_id, chunk_id, name, entity_type, description, evidence, occurrences)
            select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[])
            """;

    static Statement insertEntityMentions(List<Mention.OfEntity> rows) {
        return statement(
                INSERT_ENTITY_MENTIONS,
                uuids(rows, Mention.OfEntity::entityId),
                uuids(rows, Mention::chunkId),
                texts(rows, Mention.OfEntity::name),
                texts(rows, Mention.OfEntity::type),
                texts(rows, Mention.OfEntity::description),
                ints(rows, Mention.OfEntity::evidence),
                ints(rows, Mention.OfEntity::occurrences));
    }

    private static final String INSERT_RELATIONSHIP_MENTIONS = """
            insert into lightrag.relationship_mentions (relationship_id, chunk_id, description, evidence)
            select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[])
            """;

    static Statement insertRelationshipMentions(List<Mention.OfRelationship> rows) {
        return statement(
                INSERT_RELATIONSHIP_MENTIONS,
                uuids(rows, Mention.OfRelationship::relationshipId),
                uuids(rows, Mention::chunkId),
                texts(rows, Mention.OfRelationship::description),
                ints(rows, Mention.OfRelationship::evidence));
    }

    private static final String INSERT_RELATIONSHIP_ENDS = """
            insert into lightrag.relationship_ends (entity_id, relationship_id, chunk_id)
            select * from unnest($1::uuid[], $2::uuid[], $3::uuid[])
            """;

    static Statement insertRelationshipEnds(List<Mention.OfEnd> rows) {
        return statement(
                INSERT_RELATIONSHIP_ENDS,
                uuids(rows, Mention.OfEnd::targetId),
                uuids(rows, Mention.OfEnd::relationshipId),
                uuids(rows, Mention::chunkId));
    }

    private static final String UPSERT_ENTITIES = """
            insert into lightrag.entity_state (
              id, workspace, name, name_votes, entity_type, type_votes, description, description_votes, mentions, evidence,
              out_degree, in_degree, created_at, updated_at)
            select * from unnest(
              $1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::bigint[], $9::bigint[],
              $10::bigint[], $11::int[], $12::int[], $13::timestamptz[], $14::timestamptz[])
            on conflict (id) do update
            set name = excluded.name, name_votes = excluded.name_votes, entity_type = excluded.entity_type,
                type_votes = excluded.type_votes, description = excluded.description,
                description_votes = excluded.description_votes, mentions = excluded.mentions, evidence = excluded.evidence,
                out_degree = excluded.out_degree, in_degree = excluded.in_degree, created_at = excluded.created_at,
                updated_at = excluded.updated_at
            """;

    static Statement upsertEntities(List<Row> rows) {
        return statement(
                UPSERT_ENTITIES,
                uuids(rows, row -> row.getUUID("id")),
                texts(rows, row -> row.getString("workspace")),
                texts(rows, row -> row.getString("name")),
                longs(rows, row -> row.getLong("name_votes")),
                texts(rows, row -> row.getString("entity_type")),
                longs(rows, row -> row.getLong("type_votes")),
                texts(rows, row -> row.getString("description")),
                longs(rows, row -> row.getLong("description_votes")),
                longs(rows, row -> row.getLong("mentions")),
                longs(rows, row -> row.getLong("evidence")),
                ints(rows, row -> row.getInteger("out_degree")),
                ints(rows, row -> row.getInteger("in_degree")),
                times(rows, row -> row.getOffsetDateTime("created_at")),
                times(rows, row -> row.getOffsetDateTime("updated_at")));
    }

    private static final String UPSERT_RELATIONSHIPS = """
            insert into lightrag.relationship_state (
              id, workspace, source_entity_id, target_entity_id, relationship_type, description, description_votes, mentions,
              evidence, created_at, updated_at)
            select * from unnest(
              $1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
              $10::timestamptz[], $11::timestamptz[])
            on conflict (id) do update
            set description = excluded.description, description_votes = excluded.description_votes,
                mentions = excluded.mentions, evidence = excluded.evidence, created_at = excluded.created_at,
                updated_at = excluded.updated_at
            """;

    static Statement upsertRelationships(List<Row> rows) {
        return statement(
                UPSERT_RELATIONSHIPS,
                uuids(rows, row -> row.getUUID("id")),
                texts(rows, row -> row.getString("workspace")),
                uuids(rows, row -> row.getUUID("source_entity_id")),
                uuids(rows, row -> row.getUUID("target_entity_id")),
                texts(rows, row -> row.getString("relationship_type")),
                texts(rows, row -> row.getString("description")),
                longs(rows, row -> row.getLong("description_votes")),
                longs(rows, row -> row.getLong("mentions")),
                longs(rows, row -> row.getLong("evidence")),
                times(rows, row -> row.getOffsetDateTime("created_at")),
                times(rows, row -> row.getOffsetDateTime("updated_at")));
    }

    private static final String UPSERT_VOTES = """
            insert into lightrag.votes (subject_id, kind, value_hash, value, votes)
            select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::bigint[])
            on conflict (subject_id, kind, value_hash) do update
            set votes = excluded.votes
            """;

    static Statement upsertVotes(List<Row> rows) {
        return statement(
                UPSERT_VOTES,
                uuids(rows, row -> row.getUUID("subject_id")),
                texts(rows, row -> row.getString("kind")),
                uuids(rows, row -> row.getUUID("value_hash")),
                texts(rows, row -> row.getString("value")),
                longs(rows, row -> row.getLong("votes")));
    }

    private static final String ADD_COUNTERS = """
            insert into lightrag.counters (partition_id, workspace, name, key, value, updated_at)
            select $1, n.workspace, n.name, n.key, n.value, clock_timestamp()
            from unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) n (workspace, name, key, value)
            on conflict (partition_id, workspace, name, key) do update
            set value = counters.value + excluded.value, updated_at = excluded.updated_at
            """;

    static Statement addCounters(int partition, Map<StatsDelta.Counter, Long> counters) {
        var keys = List.copyOf(counters.keySet());
        return statement(
                ADD_COUNTERS,
                partition,
                texts(keys, StatsDelta.Counter::workspace),
                texts(keys, StatsDelta.Counter::name),
                texts(keys, StatsDelta.Counter::key),
                longs(keys, key -> counters.getOrDefault(key, 0L)));
    }

    private static final String ADD_GROWTH = """
            insert into lightrag.growth (partition_id, workspace, grain, starts_at, entities, relationships, mentions)
            select $1, n.*
            from unnest($2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::bigint[]) n
            on conflict (workspace, grain, starts_at, partition_id) do update
            set entities = growth.entities + excluded.entities, relationships = growth.relationships + excluded.relationships,
                mentions = growth.mentions + excluded.mentions
            """;

    private record Period(String grain, ChronoUnit unit) {}

    private static final List<Period> PERIODS = List.of(
            new Period("minute", ChronoUnit.MINUTES),
            new Period("hour", ChronoUnit.HOURS),
            new Period("day", ChronoUnit.DAYS));

    static Statement addGrowth(int partition, List<GraphChange> changes, Instant at) {
        var entities = changes.stream()
                .flatMap(change -> change.entities().stream())
                .filter(GraphChange.EntityChange::created)
                .count();
        var relationships = changes.stream()
                .flatMap(change -> change.relationships().stream())
                .filter(GraphChange.RelationshipChange::created)
                .count();
        var mentions = changes.stream()
                .mapToLong(change -> change.entityMentions() + change.relationshipMentions())
                .sum();
        return statement(
                ADD_GROWTH,
                partition,
                texts(PERIODS, period -> changes.getFirst().workspace()),
                texts(PERIODS, Period::grain),
                times(PERIODS, period -> at.truncatedTo(period.unit).atOffset(ZoneOffset.UTC)),
                longs(PERIODS, period -> entities),
                longs(PERIODS, period -> relationships),
                longs(PERIODS, period -> mentions));
    }

    private static final String UPSERT_TOP = """
            insert into lightrag.top_entities (partition_id, workspace, entity_id, name, degree)
            select * from unnest($1::int[], $2::text[], $3::uuid[], $4::text[], $5::bigint[])
            on conflict (partition_id, workspace, entity_id) do update
            set name = excluded.name, degree = excluded.degree
            """;

    static Statement upsertTop(List<Row> rows) {
        return statement(
                UPSERT_TOP,
                ints(rows, row -> row.getInteger("partition_id")),
                texts(rows, row -> row.getString("workspace")),
                uuids(rows, row -> row.getUUID("entity_id")),
                texts(rows, row -> row.getString("name")),
                longs(rows, row -> row.getLong("degree")));
    }

    private static final String START_JOBS = """
            update jobs.job_status j
            set status = 'processing', chunks_total = n.chunks, started_at = clock_timestamp()
            from unnest($1::uuid[], $2::int[]) n (id, chunks)
            where j.id = n.id
            """;

    static Statement startJobs(List<Row> jobs) {
        return statement(
                START_JOBS, uuids(jobs, row -> row.getUUID("id")), ints(jobs, row -> row.getInteger("chunks_total")));
    }

    private static final String COMPLETE_JOBS = """
            update jobs.job_status j
            set status = 'completed', chunks_total = n.chunks, chunks_processed = n.chunks,
                started_at = coalesce(j.started_at, clock_timestamp()), completed_at = clock_timestamp()
            from unnest($1::uuid[], $2::int[]) n (id, chunks)
            where j.id = n.id
            """;

    static Statement completeJobs(List<Row> jobs) {
        return statement(
                COMPLETE_JOBS,
                uuids(jobs, row -> row.getUUID("id")),
                ints(jobs, row -> row.getInteger("chunks_total")));
    }

    private static final String DELETE_FACTS = """
            delete from jobs.progress
            where progress_id = any ($1)
            """;

    static Statement deleteFacts(Collection<Long> ids) {
        return statement(DELETE_FACTS, (Object) ids.toArray(Long[]::new));
    }

    private static final String ADD_TOTAL = """
            insert into jobs.totals (workspace, name, value)
            values ($1, 'jobs_completed', $2)
            on conflict (workspace, name) do update
            set value = totals.value + excluded.value
            """;

    static Statement addTotal(String workspace, long jobs) {
        return statement(ADD_TOTAL, workspace, jobs);
    }

    private static Statement statement(String sql, @Nullable Object... parameters) {
        return new Statement(sql, Tuple.wrap(parameters));
    }

    private static <T> UUID[] uuids(List<T> rows, Function<T, @Nullable UUID> column) {
        return rows.stream().map(column).toArray(UUID[]::new);
    }

    private static <T> String[] texts(List<T> rows, Function<T, @Nullable String> column) {
        return rows.stream().map(column).toArray(String[]::new);
    }

    private static <T> Integer[] ints(List<T> rows, Function<T, @Nullable Integer> column) {
        return rows.stream().map(column).toArray(Integer[]::new);
    }

    private static <T> Long[] longs(List<T> rows, Function<T, Long> column) {
        return rows.stream().map(column).toArray(Long[]::new);
    }

    private static <T> OffsetDateTime[] times(List<T> rows, Function<T, OffsetDateTime> column) {
        return rows.stream().map(column).toArray(OffsetDateTime[]::new);
    }
}
