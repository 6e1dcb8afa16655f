package io.millrace.bench;

import io.millrace.pg.Database;
import io.millrace.stream.Effects;
import io.millrace.stream.LocalMessages;
import io.millrace.stream.Log;
import io.millrace.stream.ProducerRecord;
import io.millrace.stream.Retention;
import io.millrace.stream.Topic;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * What dropping segments costs those who append and fetch meanwhile: every partition has one append of a full batch and one
 * fetch under way all the time, in windows with and without a drop every quarter of a second.
 */
final class RetentionBench {

    private static final String DATABASE = "bench_retention";
    private static final String TOPIC = "retained";
    private static final Duration WARM_UP = Duration.ofSeconds(2);
    private static final Duration KEPT = Duration.ofSeconds(1);
    private static final Duration BETWEEN_DROPS = Duration.ofMillis(250);

    /** Of a window; what it writes is dropped in the next one. */
    private static final long DISK_RESERVE_BYTES = 4L << 30;

    private final BenchServer server;
    private final Settings settings;

    /** @param rounds of each kind of window */
    record Settings(int partitions, Duration window, int rounds) {}

    /** Milliseconds that one took, of all that ended in a window. */
    record Times(long count, double median, double p999, double longest) {
        static Times of(ConcurrentLinkedQueue<Long> nanos) {
            var sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
            return new Times(sorted.length, at(sorted, 0.5), at(sorted, 0.999), at(sorted, 1));
        }

        private static double at(long[] sorted, double share) {
            return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, share * sorted.length)] / 1e6;
        }
    }

    record Window(int dropped, Times appends, Times fetches) {}

    record Result(List<Window> quiet, List<Window> dropping) {}

    RetentionBench(BenchServer server, Settings settings) {
        this.server = server;
        this.settings = settings;
    }

    Result run() throws SQLException {
        var vertx = Vertx.vertx();
        LocalMessages.register(vertx);
        var database = new Database(vertx, server.create(DATABASE, 2 * settings.partitions() + 2));
        try (var admin = server.connect(DATABASE)) {
            var log = new Log(database);
            var topic = Waiting.await(log.createTopic(TOPIC, settings.partitions()));
            return run(new Load(database, log, topic), retention(database), topic, admin);
        } finally {
            Waiting.await(database.close());
            Waiting.await(vertx.close());
            server.drop(DATABASE);
        }
    }

    private static Retention retention(Database database) {
        var settings = new Retention.Settings(KEPT, null, null, Duration.ZERO, Duration.ZERO, Duration.ofHours(1));
        return new Retention(database, settings, Duration.ofSeconds(10), Set.of(), run -> {});
    }

    private Result run(Load load, Retention retention, Topic topic, Connection admin) throws SQLException {
        var quiet = new ArrayList<Window>();
        var dropping = new ArrayList<Window>();
        load.start();
        pass(WARM_UP);
        for (var i = 0; i < settings.rounds(); i++) {
            Report.progress("retention, round %d of %d".formatted(i + 1, settings.rounds()));
            server.requireFree(DISK_RESERVE_BYTES);
            load.reset();
            pass(settings.window());
            quiet.add(load.window(0));
            load.reset();
            dropping.add(load.window(drop(retention, topic, admin)));
        }
        load.stop();
        return new Result(quiet, dropping);
    }

    private int drop(Retention retention, Topic topic, Connection admin) throws SQLException {
        var dropped = 0;
        var end = System.nanoTime() + settings.window().toNanos();
        while (System.nanoTime() < end) {
            Sql.run(admin, "select stream.create_segment(" + topic.id() + ", clock_timestamp())");
            pass(BETWEEN_DROPS);
            dropped += Waiting.await(retention.runOnce()).dropped();
        }
        return dropped;
    }

    private static void pass(Duration time) {
        var end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }

    /** An append and a fetch under way in each partition. */
    private static final class Load {
        private final Database database;
        private final Log log;
        private final Topic topic;
        private final List<List<ProducerRecord>> batches;
        private final ConcurrentLinkedQueue<Long> appendNanos = new ConcurrentLinkedQueue<>();
        private final ConcurrentLinkedQueue<Long> fetchNanos = new ConcurrentLinkedQueue<>();
        private final List<Future<Void>> loops = new ArrayList<>();
        private volatile boolean stopping;

        Load(Database database, Log log, Topic topic) {
            this.database = database;
            this.log = log;
            this.topic = topic;
            var records = new Records();
            this.batches = IntStream.range(0, topic.partitions())
                    .mapToObj(partition -> IntStream.range(0, Records.IN_BATCH)
                            .mapToObj(i -> new ProducerRecord(
                                    records.key((long) partition * Records.IN_BATCH + i),
                                    records.value((long) partition * Records.IN_BATCH + i)))
                            .toList())
                    .toList();
        }

        void start() {
            for (var i = 0; i < topic.partitions(); i++) {
                var appended = Promise.<Void>promise();
                append(i, appended);
                loops.add(appended.future());
                var fetched = Promise.<Void>promise();
                fetch(i, 0, fetched);
                loops.add(fetched.future());
            }
        }

        private void append(int partition, Promise<Void> ended) {
            var effect = new Effects.Append(topic.name(), partition, batches.get(partition));
            var started = System.nanoTime();
            database.inTransaction(connection -> log.append(connection, List.of(effect)))
                    .onComplete(done -> {
                        appendNanos.add(System.nanoTime() - started);
                        if (done.failed()) {
                            ended.fail(done.cause());
                        } else if (stopping) {
                            ended.complete();
                        } else {
                            append(partition, ended);
                        }
                    });
        }

        private void fetch(int partition, long offset, Promise<Void> ended) {
            var started = System.nanoTime();
            log.fetch(topic, partition, offset, 1).onComplete(done -> {
                fetchNanos.add(System.nanoTime() - started);
                if (done.failed()) {
                    ended.fail(done.cause());
                } else if (stopping) {
                    ended.complete();
                } else {
                    var records = done.result();
                    fetch(
                            partition,
                            records.isEmpty() ? offset : records.getLast().offset() + 1,
                            ended);
                }
            });
        }

        void reset() {
            appendNanos.clear();
            fetchNanos.clear();
        }

        Window window(int dropped) {
            return new Window(dropped, Times.of(appendNanos), Times.of(fetchNanos));
        }

        void stop() {
            stopping = true;
            Waiting.await(Future.all(loops));
        }
    }
}
