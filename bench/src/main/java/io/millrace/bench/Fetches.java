package io.millrace.bench;

import io.millrace.stream.Log;
import io.millrace.stream.Topic;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** Consumers: each partition of a topic is read from its beginning to its end, over and over, a fetch in flight each. */
final class Fetches {

    /** As a processor's default limits ask for. */
    private static final int FETCH_BYTES = 1 << 20;

    private final Log log;
    private final Topic topic;

    Fetches(Log log, Topic topic) {
        this.log = log;
        this.topic = topic;
    }

    Throughput round(Duration length) throws InterruptedException {
        var round = new Round();
        var begin = System.nanoTime();
        var loops = new ArrayList<Future<Void>>();
        for (var i = 0; i < topic.partitions(); i++) {
            loops.add(round.loop(i));
        }
        round.broken.await(length.toMillis(), TimeUnit.MILLISECONDS);
        var result = new Throughput(round.fetched.sum(), (System.nanoTime() - begin) / 1e9);
        round.stopping = true;
        Waiting.await(Future.all(loops));
        return result;
    }

    /** One round's counters. */
    private final class Round {
        private final LongAdder fetched = new LongAdder();
        private final CountDownLatch broken = new CountDownLatch(1);
        private volatile boolean stopping;

        Future<Void> loop(int partition) {
            var ended = Promise.<Void>promise();
            fetch(partition, 0, ended);
            return ended.future();
        }

        private void fetch(int partition, long offset, Promise<Void> ended) {
            log.fetch(topic, partition, offset, FETCH_BYTES).onComplete(done -> {
                if (done.failed()) {
                    broken.countDown();
                    ended.fail(done.cause());
                    return;
                }
                var records = done.result();
                fetched.add(records.size());
                if (stopping || (records.isEmpty() && offset == 0)) {
                    ended.complete();
                } else {
                    fetch(partition, records.isEmpty() ? 0 : records.getLast().offset() + 1, ended);
                }
            });
        }
    }
}
