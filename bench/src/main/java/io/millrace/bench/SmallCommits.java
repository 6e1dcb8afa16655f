package io.millrace.bench;

import io.millrace.pg.Database;
import io.millrace.stream.Effects;
import io.millrace.stream.Log;
import io.millrace.stream.ProducerRecord;
import io.millrace.stream.Topic;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a stage's transaction does to the log, without rows: the fence, which commits an offset, and an append of one record. One
 * is under way in every partition of a topic, from the start until closed.
 */
final class SmallCommits implements AutoCloseable {

    /** Commits of a partition between two trims of its old ones, as their owner does it. */
    private static final int TRIM_EVERY = 1_000;

    private static final String TOPIC = "small";

    private final Database database;
    private final Log log;
    private final Topic topic;
    private final Records records = new Records();
    private final int group;
    private final LongAdder committed = new LongAdder();
    private final List<Future<Void>> loops = new ArrayList<>();
    private volatile boolean stopping;

    SmallCommits(Database database, int partitions) {
        this.database = database;
        this.log = new Log(database);
        this.topic = Waiting.await(log.createTopic(TOPIC, partitions));
        this.group = Waiting.await(database.list(CREATE_GROUP, Tuple.of(TOPIC, topic.id()), row -> row.getInteger(0)))
                .getFirst();
        for (var i = 0; i < partitions; i++) {
            var ended = Promise.<Void>promise();
            commit(i, 0, ended);
            loops.add(ended.future());
        }
    }

    private static final String CREATE_GROUP = """
            select group_id
            from stream.create_group($1, $2)
            """;

    private static final String COMMIT_OFFSET = """
            select stream.commit_offset($1, $2, 0, $3, $4)
            """;

    private static final String TRIM_COMMITS = """
            select stream.trim_commits($1, $2, $3)
            """;

    private void commit(int partition, long sequence, Promise<Void> ended) {
        var record = new ProducerRecord(records.key(sequence), records.value(sequence));
        var effect = new Effects.Append(topic.name(), partition, List.of(record));
        database.inTransaction(connection -> Future.all(
                        connection
                                .preparedQuery(COMMIT_OFFSET)
                                .execute(Tuple.of(group, partition, sequence, sequence + 1)),
                        log.append(connection, List.of(effect))))
                .compose(done -> (sequence + 1) % TRIM_EVERY == 0
                        ? database.list(TRIM_COMMITS, Tuple.of(group, partition, sequence), row -> row)
                        : Future.succeededFuture())
                .onComplete(done -> {
                    if (done.failed()) {
                        ended.fail(done.cause());
                        return;
                    }
                    committed.increment();
                    if (stopping) {
                        ended.complete();
                    } else {
                        commit(partition, sequence + 1, ended);
                    }
                });
    }

    long committed() {
        return committed.sum();
    }

    @Override
    public void close() {
        stopping = true;
        Waiting.await(Future.all(loops));
    }
}
