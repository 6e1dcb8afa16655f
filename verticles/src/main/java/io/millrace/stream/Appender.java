package io.millrace.stream;

import io.millrace.pg.Database;
import io.millrace.pg.DatabaseFailure;
import io.millrace.pg.SqlStates;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Appends records to the log with group commit: a partition has at most one flush in flight, and what arrives meanwhile
 * forms the next batch. Thread-safe; one a process is enough.
 *
 * <p>A batch carries a UUID. When the answer to a flush does not come, the flush is repeated with the same UUID until
 * PostgreSQL tells, under the partition's lock, whether the batch is there: so a lost answer costs time, never a record
 * more or less. Failures are {@link DatabaseFailure} (UNAVAILABLE: nothing was stored; UNKNOWN: still not known after
 * {@link #PATIENCE}), and {@link GroupCommit.Overloaded}.
 */
public final class Appender {

    /** How long a flush whose outcome is not known is repeated before its callers are told so. */
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Duration RECENT = Duration.ofSeconds(1);
    private static final int MAX_BATCH_RECORDS = 100_000;

    private final Database database;
    private final Log log;
    private final Duration patience;
    private final GroupCommit.Budget budget;
    private final Partitioner partitioner = new Partitioner();
    private final Map<String, Lane[]> lanes = new ConcurrentHashMap<>();

    /** @param maxQueuedBytes bytes that may wait for their commit, all partitions together */
    public Appender(Database database, Log log, long maxQueuedBytes) {
        this(database, log, maxQueuedBytes, PATIENCE);
    }

    Appender(Database database, Log log, long maxQueuedBytes, Duration patience) {
        this.database = database;
        this.log = log;
        this.patience = patience;
        this.budget = new GroupCommit.Budget(maxQueuedBytes);
    }

    /** Appends a record to the partition of its key; the future gives its position once it has committed. */
    public Future<Appended> append(Topic topic, ProducerRecord record) {
        return append(topic, partitioner.partition(record.key(), topic.partitions()), record);
    }

    /** Appends a record to a partition. */
    public Future<Appended> append(Topic topic, int partition, ProducerRecord record) {
        return lane(topic, partition).commits.add(record, record.sizeBytes());
    }

    private Lane lane(Topic topic, int partition) {
        var existing = lanes.get(topic.name());
        var ofTopic = existing != null ? existing : lanes.computeIfAbsent(topic.name(), name -> newLanes(topic));
        return ofTopic[partition];
    }

    private Lane[] newLanes(Topic topic) {
        var created = new Lane[topic.partitions()];
        for (var i = 0; i < created.length; i++) {
            created[i] = new Lane(topic, i);
        }
        return created;
    }

    /** The flushes of one partition. */
    private final class Lane {
        private final Topic topic;
        private final int partition;
        private final GroupCommit<ProducerRecord, Appended> commits;
        /** Where the partition ended when we last knew; negative before that. Only the flush in flight touches it. */
        private long knownEnd = -1;

        private long knownAtNanos;

        Lane(Topic topic, int partition) {
            this.topic = topic;
            this.partition = partition;
            this.commits = new GroupCommit<>(budget, MAX_BATCH_RECORDS, Log.BATCH_BYTES, this::flush);
        }

        private Future<List<Appended>> flush(List<ProducerRecord> records) {
            return recentEnd().compose(known -> append(records, known)).map(appended -> {
                knownEnd = appended.to();
                knownAtNanos = System.nanoTime();
                database.vertx().eventBus().publish(Appended.address(topic.name()), appended);
                return positions(appended, records.size());
            });
        }

        /**
         * A recent end of the partition: every try looks for its id behind it, also the first, whose statement may come to
         * run after the second one's. What others appended meanwhile is scanned, so an old end is asked for anew.
         */
        private Future<Long> recentEnd() {
            var recent = knownEnd >= 0 && System.nanoTime() - knownAtNanos < RECENT.toNanos();
            return recent
                    ? Future.succeededFuture(knownEnd)
                    : log.endOffset(topic, partition)
                            .recover(thrown -> Future.failedFuture(SqlStates.nothingStored(thrown)));
        }

        /** One batch under one id, as often as it takes to know what became of it. */
        private Future<Appended> append(List<ProducerRecord> records, long end) {
            var batchId = UUID.randomUUID();
            return UntilKnown.run(
                    database.vertx(),
                    patience,
                    () -> database.withConnection(
                            connection -> Log.append(connection, topic, partition, batchId, records, end)));
        }

        private List<Appended> positions(Appended batch, int count) {
            var positions = new ArrayList<Appended>(count);
            for (var offset = batch.from(); offset < batch.to(); offset++) {
                positions.add(new Appended(topic.name(), partition, offset, offset + 1));
            }
            return positions;
        }
    }
}
