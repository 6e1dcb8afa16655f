package io.millrace.bench;

import io.millrace.pg.Database;
import io.millrace.stream.Appended;
import io.millrace.stream.Appender;
import io.millrace.stream.Log;
import io.millrace.stream.ProducerRecord;
import io.millrace.stream.Topic;
import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What an application does: it appends one record after another, each by its key, and each counts when its future has
 * completed. Producers keep a bounded number of records on their way and wait when that is reached.
 */
final class Appends {

    private static final long QUEUE_BYTES = 64L << 20;
    private static final int PRODUCERS = 2;

    /** Of each producer; all together three quarters of the appender's budget, beyond which it would refuse. */
    private static final int MAX_OUTSTANDING =
            (int) (QUEUE_BYTES * 3 / 4 / PRODUCERS / (Records.VALUE_BYTES + Records.KEY_BYTES + 16));

    private final Log log;
    private final Connection admin;
    private final Records records;
    private final int partitions;
    private final Appender appender;
    private Topic topic;
    private int topics;

    Appends(Database database, Log log, Connection admin, Records records, int partitions) {
        this.log = log;
        this.admin = admin;
        this.records = records;
        this.partitions = partitions;
        this.appender = new Appender(database, log, QUEUE_BYTES);
        this.topic = newTopic();
    }

    private Topic newTopic() {
        return Waiting.await(log.createTopic("bench-" + topics++, partitions));
    }

    Topic topic() {
        return topic;
    }

    /** Drops what the round before wrote; the next one goes to a topic of its own. */
    void clear() throws SQLException {
        Sql.run(admin, "truncate stream.batches_" + topic.id());
        topic = newTopic();
    }

    Throughput round(Duration length) throws InterruptedException {
        var enough = new CountDownLatch(1);
        var producers = new ArrayList<Producer>();
        for (var i = 0; i < PRODUCERS; i++) {
            producers.add(new Producer(i, enough));
        }
        var begin = System.nanoTime();
        producers.forEach(producer -> producer.thread.start());
        enough.await(length.toMillis(), TimeUnit.MILLISECONDS);
        var committed = producers.stream().mapToLong(Producer::committed).sum();
        var result = new Throughput(committed, (System.nanoTime() - begin) / 1e9);
        for (var producer : producers) {
            producer.stop();
        }
        return result;
    }

    /** One thread that appends as fast as it is let. */
    private final class Producer {
        private final Thread thread;
        private final CountDownLatch enough;
        private final AtomicInteger outstanding = new AtomicInteger();
        private final AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
        private final Handler<AsyncResult<Appended>> onAppended = this::appended;
        private volatile long sent;
        private volatile boolean stopping;
        private volatile boolean waiting;

        Producer(int number, CountDownLatch enough) {
            this.enough = enough;
            this.thread = Thread.ofPlatform().name("bench-producer-" + number).unstarted(() -> produce(number));
        }

        private void produce(int number) {
            var next = (long) number * Records.IN_BATCH;
            var count = 0L;
            while (!stopping && failed.get() == null) {
                if (outstanding.get() >= MAX_OUTSTANDING) {
                    awaitRoom();
                    continue;
                }
                outstanding.incrementAndGet();
                sent = ++count;
                appender.append(topic, new ProducerRecord(records.key(next), records.value(next)))
                        .onComplete(onAppended);
                next++;
                if (count * Records.VALUE_BYTES >= AppendBench.MAX_ROUND_BYTES / PRODUCERS) {
                    enough.countDown();
                }
            }
        }

        /** Until a quarter of the room is free, so that a wake-up pays for many records. */
        private void awaitRoom() {
            waiting = true;
            while (outstanding.get() > MAX_OUTSTANDING * 3 / 4 && failed.get() == null) {
                LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(100));
            }
            waiting = false;
        }

        private void appended(AsyncResult<Appended> done) {
            if (done.failed()) {
                failed.set(done.cause());
                enough.countDown();
            }
            var left = outstanding.decrementAndGet();
            if (waiting && left <= MAX_OUTSTANDING * 3 / 4) {
                LockSupport.unpark(thread);
            }
        }

        long committed() {
            return sent - outstanding.get();
        }

        /** Ends the thread and waits until what is on its way has been answered. */
        void stop() throws InterruptedException {
            stopping = true;
            thread.join();
            while (outstanding.get() > 0) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
            var failure = failed.get();
            if (failure != null) {
                throw new IllegalStateException("an append failed", failure);
            }
        }
    }
}
