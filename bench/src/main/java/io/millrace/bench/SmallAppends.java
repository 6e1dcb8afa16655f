package io.millrace.bench;

import io.millrace.pg.Database;
import io.millrace.stream.Effects;
import io.millrace.stream.Log;
import io.millrace.stream.ProducerRecord;
import io.millrace.stream.Topic;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Appends of one record, each a transaction: one under way in every partition of a topic, from the start until closed. */
final class SmallAppends implements AutoCloseable {

    private static final String TOPIC = "small";

    private final Database database;
    private final Log log;
    private final Topic topic;
    private final Records records = new Records();
    private final LongAdder appended = new LongAdder();
    private final List<Future<Void>> loops = new ArrayList<>();
    private volatile boolean stopping;

    SmallAppends(Database database, int partitions) {
        this.database = database;
        this.log = new Log(database);
        this.topic = Waiting.await(log.createTopic(TOPIC, partitions));
        for (var i = 0; i < partitions; i++) {
            var ended = Promise.<Void>promise();
            append(i, ended);
            loops.add(ended.future());
        }
    }

    private void append(int partition, Promise<Void> ended) {
        var number = appended.sum();
        var record = new ProducerRecord(records.key(number), records.value(number));
        var effect = new Effects.Append(topic.name(), partition, List.of(record));
        database.inTransaction(connection -> log.append(connection, List.of(effect)))
                .onComplete(done -> {
                    if (done.failed()) {
                        ended.fail(done.cause());
                        return;
                    }
                    appended.increment();
                    if (stopping) {
                        ended.complete();
                    } else {
                        append(partition, ended);
                    }
                });
    }

    long appended() {
        return appended.sum();
    }

    @Override
    public void close() {
        stopping = true;
        Waiting.await(Future.all(loops));
    }
}
