package io.millrace.bench;

import io.millrace.bench.MockSql.Statement;
import io.millrace.bench.Recording.Commit;
import io.millrace.bench.Recording.LogBatch;
import io.millrace.chunk.ChunkRecord;
import io.millrace.extract.Mention;
import io.millrace.extract.MentionRecord;
import io.millrace.graph.GraphChange;
import io.millrace.ingest.DocumentRecord;
import io.millrace.pg.NameUuid;
import io.millrace.stats.StatsDelta;
import io.millrace.stream.ConsumerRecord;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one run of the flow, to be made again by bare SQL: the same rows, a transaction a batch, but
 * precomputed, without HTTP, reading, locking, fencing or folding, BEGIN and COMMIT pipelined with the rest, and everything
 * at once but what must follow something.
 *
 * <p>Where the flow writes a row again and again (an entity, a relationship, a vote), so does the mock, each time with the
 * final values: the sizes are the same, and at the end the tables are as the flow left them, which {@link Comparison} checks.
 */
final class Mock {

    private static final String DOCUMENTS = "documents";
    private static final String CHUNKS = "chunks";
    private static final String MENTIONS = "mentions";
    private static final String CHANGES = "changes";
    private static final String EVENTS = "events";

    /** One transaction; it starts when those that it waits for have committed. */
    private static final class Step {
        private final List<Statement> statements = new ArrayList<>();
        private final List<Step> after = new ArrayList<>();
        private final Promise<Void> committed = Promise.promise();

        Step add(Statement statement) {
            statements.add(statement);
            return this;
        }
    }

    private final Recording recording;
    private final int partitions;
    private final List<List<Step>> lanes = new ArrayList<>();
    private final Map<UUID, Row> jobs;
    private final Map<UUID, Set<Step>> stepsOfJob = new HashMap<>();
    private final Map<UUID, List<Long>> factsOfJob = new HashMap<>();
    private final Map<UUID, Step> chunkSteps = new HashMap<>();
    private long facts;

    Mock(Recording recording, int partitions) {
        this.recording = recording;
        this.partitions = partitions;
        this.jobs = byId(recording.jobs(), "id");
        ingests();
        chunks();
        extracts();
        graph();
        stats();
        sweeps();
    }

    int transactions() {
        return lanes.stream().mapToInt(List::size).sum();
    }

    /** Makes all writes; completes with the last of them. */
    Future<Void> run(Pool pool) {
        return Future.all(lanes.stream().map(lane -> run(pool, lane, 0)).toList())
                .mapEmpty();
    }

    private static Future<Void> run(Pool pool, List<Step> lane, int at) {
        if (at == lane.size()) {
            return Future.succeededFuture();
        }
        var step = lane.get(at);
        var ready = Future.all(
                step.after.stream().map(before -> before.committed.future()).toList());
        var begun = step.after.isEmpty() ? pool.getConnection() : ready.compose(done -> pool.getConnection());
        return begun.compose(connection -> commit(connection, step).onComplete(done -> connection.close()))
                .compose(done -> run(pool, lane, at + 1));
    }

    private static Future<Void> commit(SqlConnection connection, Step step) {
        var results = new ArrayList<Future<?>>();
        results.add(connection.query("begin").execute());
        for (var statement : step.statements) {
            results.add(connection.preparedQuery(statement.sql()).execute(statement.parameters()));
        }
        results.add(connection.query("commit").execute());
        return Future.all(results)
                .<Void>mapEmpty()
                .onSuccess(done -> step.committed.complete())
                .onFailure(step.committed::fail);
    }

    private void ingests() {
        for (var batches : batches(DOCUMENTS)) {
            var lane = lane();
            for (var batch : batches) {
                var posted = batch.records().stream().map(Mock::jobOf).toList();
                var step = step(lane)
                        .add(MockSql.insertJobs(posted.stream().map(jobs::get).toList()))
                        .add(MockSql.insertBatch(batch));
                posted.forEach(job -> stepsOf(job).add(step));
            }
        }
    }

    private static UUID jobOf(ConsumerRecord record) {
        return DocumentRecord.decode(record.requiredValue().getBytes()).jobId();
    }

    private void chunks() {
        var documents = byId(recording.documents(), "job_id");
        var versions = byId(recording.versions(), "job_id");
        var chunks = recording.chunks().stream().collect(Collectors.groupingBy(row -> row.getUUID("job_id")));
        for (var partition = 0; partition < partitions; partition++) {
            var lane = lane();
            var stepOfJob = new HashMap<UUID, Step>();
            var records = records(recording.batches(DOCUMENTS, partition));
            for (var commit : recording.commits("chunk", partition)) {
                var step = step(lane).add(MockSql.insertCommit(commit));
                var posted = range(records, commit).stream().map(Mock::jobOf).toList();
                var current = posted.stream().filter(documents::containsKey).toList();
                if (!current.isEmpty()) {
                    step.add(MockSql.insertDocuments(
                            current.stream().map(documents::get).toList()));
                }
                var versioned = posted.stream().filter(versions::containsKey).toList();
                if (!versioned.isEmpty()) {
                    step.add(MockSql.insertVersions(
                            versioned.stream().map(versions::get).toList()));
                }
                // Also those of a version that another one has replaced meanwhile.
                var cut = posted.stream()
                        .flatMap(job -> chunks.getOrDefault(job, List.of()).stream())
                        .toList();
                if (!cut.isEmpty()) {
                    step.add(MockSql.insertChunks(cut));
                }
                fact(
                        step,
                        "chunked",
                        counted(
                                posted,
                                job -> chunks.getOrDefault(job, List.of()).size()),
                        null);
                posted.forEach(job -> stepOfJob.put(job, step));
            }
            for (var batch : recording.batches(CHUNKS, partition)) {
                var step = stepOfJob.get(ChunkRecord.read(batch.first()).jobId());
                append(step, lane, batch);
            }
        }
    }

    private void extracts() {
        var emitted = byId(recording.chunkExtractions(), "chunk_id");
        var extractions = byId(recording.extractions(), "extraction_key");
        for (var partition = 0; partition < partitions; partition++) {
            var lane = lane();
            var records = records(recording.batches(CHUNKS, partition));
            for (var commit : recording.commits("extract", partition)) {
                var step = step(lane).add(MockSql.insertCommit(commit));
                var chunks =
                        range(records, commit).stream().map(ChunkRecord::read).toList();
                var rows = chunks.stream()
                        .map(chunk -> emitted.remove(chunk.chunkId()))
                        .filter(row -> row != null)
                        .toList();
                var made = rows.stream()
                        .map(row -> row.getUUID("extraction_key"))
                        .filter(key -> key != null)
                        .map(extractions::remove)
                        .filter(row -> row != null)
                        .toList();
                if (!made.isEmpty()) {
                    step.add(MockSql.insertExtractions(made));
                }
                if (!rows.isEmpty()) {
                    step.add(MockSql.insertChunkExtractions(rows));
                }
                rows.forEach(row -> chunkSteps.put(row.getUUID("chunk_id"), step));
                var ends = new Long[partitions];
                Arrays.fill(ends, commit.to());
                fact(
                        step,
                        "extracted",
                        counted(chunks.stream().map(ChunkRecord::jobId).toList(), job -> 1),
                        ends);
            }
        }
        for (var batches : batches(MENTIONS)) {
            for (var batch : batches) {
                append(
                        chunkSteps.get(
                                MentionRecord.read(batch.first()).getFirst().chunkId()),
                        lane(),
                        batch);
            }
        }
    }

    private void graph() {
        var graph = new GraphRows(recording);
        for (var partition = 0; partition < partitions; partition++) {
            var lane = lane();
            var records = records(recording.batches(MENTIONS, partition));
            for (var commit : recording.commits("graph", partition)) {
                var step = step(lane).add(MockSql.insertCommit(commit));
                var mentions = range(records, commit).stream()
                        .flatMap(record -> MentionRecord.read(record).stream())
                        .toList();
                graph.fold(mentions).forEach(step::add);
            }
            var changes = recording.batches(CHANGES, partition);
            for (var i = 0; i < changes.size(); i++) {
                // A commit makes one change, so they pair up in order; of a trimmed run, roughly.
                var step = lane.isEmpty() ? null : lane.get((int) ((long) i * lane.size() / changes.size()));
                append(step, lane, changes.get(i));
            }
        }
    }

    private void stats() {
        var top =
                recording.topEntities().stream().collect(Collectors.groupingBy(row -> row.getInteger("partition_id")));
        for (var partition = 0; partition < partitions; partition++) {
            var lane = lane();
            var records = records(recording.batches(CHANGES, partition));
            var highest = byId(top.getOrDefault(partition, List.of()), "entity_id");
            for (var commit : recording.commits("stats", partition)) {
                var step = step(lane).add(MockSql.insertCommit(commit));
                var ofCommit = range(records, commit);
                if (!ofCommit.isEmpty()) {
                    addStatistics(step, partition, ofCommit, highest);
                }
            }
        }
    }

    private static void addStatistics(Step step, int partition, List<ConsumerRecord> records, Map<UUID, Row> highest) {
        var delta = new StatsDelta();
        var changes = records.stream().map(GraphChange::read).toList();
        for (var i = 0; i < records.size(); i++) {
            delta.add(changes.get(i), records.get(i).timestamp());
        }
        step.add(MockSql.addCounters(partition, delta.counters()));
        step.add(MockSql.addGrowth(partition, changes, records.getLast().timestamp()));
        var climbed = new LinkedHashMap<UUID, Row>();
        changes.forEach(change -> change.entities().forEach(entity -> {
            var row = highest.get(entity.id());
            if (row != null) {
                climbed.put(entity.id(), row);
            }
        }));
        if (!climbed.isEmpty()) {
            step.add(MockSql.upsertTop(List.copyOf(climbed.values())));
        }
    }

    /** The flow's sweeps, told by the events that each of them appended, with the facts that each of them used up. */
    private void sweeps() {
        var lane = lane();
        var sweeps = recording.batches(EVENTS, 0);
        var lastSweepOfFact = new TreeMap<Long, Integer>();
        for (var i = 0; i < sweeps.size(); i++) {
            for (var job : endedJobs(sweeps.get(i))) {
                for (var fact : factsOfJob.getOrDefault(job, List.of())) {
                    lastSweepOfFact.put(fact, i);
                }
            }
        }
        var factsOfSweep = lastSweepOfFact.entrySet().stream()
                .collect(Collectors.groupingBy(
                        Map.Entry::getValue, Collectors.mapping(Map.Entry::getKey, Collectors.toList())));
        // Jobs that a sweep saw while they were under way were updated once more.
        var startedShare = Math.max(0, (double) recording.jobUpdates() / Math.max(1, jobs.size()) - 1);
        for (var i = 0; i < sweeps.size(); i++) {
            sweep(lane, sweeps.get(i), factsOfSweep.getOrDefault(i, List.of()), startedShare);
        }
    }

    private void sweep(List<Step> lane, LogBatch batch, List<Long> used, double startedShare) {
        var ended = endedJobs(batch).stream()
                .map(jobs::get)
                .filter(row -> row != null)
                .toList();
        var after = ended.stream()
                .flatMap(row -> stepsOf(row.getUUID("id")).stream())
                .collect(Collectors.toSet());
        var started = ended.subList(0, (int) Math.min(ended.size(), Math.round(ended.size() * startedShare)));
        if (!started.isEmpty()) {
            var step = step(lane).add(MockSql.startJobs(started));
            step.after.addAll(after);
        }
        var step = step(lane).add(MockSql.completeJobs(ended));
        step.after.addAll(after);
        if (!used.isEmpty()) {
            step.add(MockSql.deleteFacts(used));
        }
        ended.stream()
                .collect(Collectors.groupingBy(row -> row.getString("workspace"), Collectors.counting()))
                .forEach((workspace, count) -> step.add(MockSql.addTotal(workspace, count)));
        step.add(MockSql.insertBatch(batch));
    }

    private static List<UUID> endedJobs(LogBatch batch) {
        return batch.records().stream()
                .map(record -> new JsonObject(record.requiredValue()))
                .filter(event -> event.getString("kind").startsWith("job."))
                .map(event -> UUID.fromString(event.getString("subject")))
                .toList();
    }

    private void fact(Step step, String kind, Map<UUID, Integer> counts, Long @Nullable [] ends) {
        if (counts.isEmpty()) {
            return;
        }
        var id = ++facts;
        step.add(MockSql.insertFact(id, kind, List.copyOf(counts.keySet()), List.copyOf(counts.values()), ends));
        for (var job : counts.keySet()) {
            stepsOf(job).add(step);
            factsOfJob.computeIfAbsent(job, key -> new ArrayList<>()).add(id);
        }
    }

    private static Map<UUID, Integer> counted(List<UUID> jobs, Function<UUID, Integer> count) {
        var counts = new LinkedHashMap<UUID, Integer>();
        jobs.forEach(job -> counts.merge(job, count.apply(job), Integer::sum));
        return counts;
    }

    /** Adds a batch of the log to the transaction that brought it; one whose is not known gets a transaction of its own. */
    private static void append(@Nullable Step step, List<Step> lane, LogBatch batch) {
        (step == null ? step(lane) : step).add(MockSql.insertBatch(batch));
    }

    private List<Step> lane() {
        var lane = new ArrayList<Step>();
        lanes.add(lane);
        return lane;
    }

    private static Step step(List<Step> lane) {
        var step = new Step();
        lane.add(step);
        return step;
    }

    private Set<Step> stepsOf(UUID job) {
        return stepsOfJob.computeIfAbsent(job, key -> new LinkedHashSet<>());
    }

    private List<List<LogBatch>> batches(String topic) {
        return IntStream.range(0, partitions)
                .mapToObj(partition -> recording.batches(topic, partition))
                .toList();
    }

    private static List<ConsumerRecord> records(List<LogBatch> batches) {
        return batches.stream().flatMap(batch -> batch.records().stream()).toList();
    }

    /** Nothing is retired during a run, so offsets are places in the list. */
    private static List<ConsumerRecord> range(List<ConsumerRecord> records, Commit commit) {
        return records.subList((int) commit.from(), (int) commit.to());
    }

    private static Map<UUID, Row> byId(Collection<Row> rows, String column) {
        var byId = new HashMap<UUID, Row>();
        rows.forEach(row -> byId.put(row.getUUID(column), row));
        return byId;
    }

    /** Which rows of the graph a batch of mentions touches, as the graph stage would find it. */
    private static final class GraphRows {
        private final Map<UUID, Row> entities;
        private final Map<UUID, Row> relationships;
        private final Map<String, Row> votes = new HashMap<>();
        private final Set<UUID> known = new HashSet<>();
        private final Set<String> ends = new HashSet<>();

        GraphRows(Recording recording) {
            this.entities = byId(recording.entities(), "id");
            this.relationships = byId(recording.relationships(), "id");
            for (var row : recording.votes()) {
                votes.put(row.getUUID("subject_id") + row.getString("kind") + row.getUUID("value_hash"), row);
            }
        }

        List<Statement> fold(List<Mention> mentions) {
            var ofEntities = new ArrayList<Mention.OfEntity>();
            var ofRelationships = new ArrayList<Mention.OfRelationship>();
            var ofEnds = new ArrayList<Mention.OfEnd>();
            var entityRows = new TreeMap<UUID, Row>();
            var relationshipRows = new TreeMap<UUID, Row>();
            var voteRows = new LinkedHashSet<Row>();
            for (var mention : mentions) {
                switch (mention) {
                    case Mention.OfEntity entity -> {
                        ofEntities.add(entity);
                        touch(entityRows, entities, entity.entityId());
                        vote(voteRows, entity.entityId(), "name", entity.name());
                        vote(voteRows, entity.entityId(), "type", entity.type());
                        vote(voteRows, entity.entityId(), "description", entity.description());
                    }
                    case Mention.OfRelationship relationship -> {
                        ofRelationships.add(relationship);
                        touch(relationshipRows, relationships, relationship.relationshipId());
                        vote(voteRows, relationship.relationshipId(), "description", relationship.description());
                        if (known.add(relationship.relationshipId())) {
                            touch(entityRows, entities, relationship.sourceId());
                        }
                    }
                    case Mention.OfEnd end -> {
                        ofEnds.add(end);
                        if (ends.add(end.targetId() + "/" + end.relationshipId())) {
                            touch(entityRows, entities, end.targetId());
                        }
                    }
                }
            }
            var statements = new ArrayList<Statement>();
            add(statements, ofEntities, MockSql::insertEntityMentions);
            add(statements, ofRelationships, MockSql::insertRelationshipMentions);
            add(statements, ofEnds, MockSql::insertRelationshipEnds);
            add(statements, List.copyOf(entityRows.values()), MockSql::upsertEntities);
            add(statements, List.copyOf(relationshipRows.values()), MockSql::upsertRelationships);
            add(statements, List.copyOf(voteRows), MockSql::upsertVotes);
            return statements;
        }

        private static void touch(Map<UUID, Row> touched, Map<UUID, Row> all, UUID id) {
            var row = all.get(id);
            if (row != null) {
                touched.put(id, row);
            }
        }

        private void vote(Set<Row> touched, UUID subject, String kind, @Nullable String value) {
            var row = value == null ? null : votes.get(subject + kind + NameUuid.md5(value));
            if (row != null) {
                touched.add(row);
            }
        }

        private static <T> void add(List<Statement> statements, List<T> rows, Function<List<T>, Statement> statement) {
            if (!rows.isEmpty()) {
                statements.add(statement.apply(rows));
            }
        }
    }
}
