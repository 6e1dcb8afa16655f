package io.millrace.bench;

import io.millrace.pg.Database;
import io.millrace.stream.LocalMessages;
import io.millrace.stream.Log;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The log beside Apache Kafka: records of 1 KiB into topics of as many partitions, by turns, each answered by its system
 * before it counts; then out of them again. While one is measured, the other is up and idle.
 */
final class KafkaBench {

    private static final String DATABASE = "bench_kafka";
    private static final String SHIPPED = "shipped";
    private static final String FLUSHED = "flushed";
    private static final Duration WARM_UP = Duration.ofSeconds(2);
    private static final int WARM_UP_SHIPPED = 200_000;
    private static final int WARM_UP_FLUSHED = 20_000;
    private static final long MAX_ROUND_RECORDS = AppendBench.MAX_ROUND_BYTES / Records.VALUE_BYTES;

    private final BenchServer server;
    private final Settings settings;

    /** @param rounds of each side */
    record Settings(int partitions, Duration round, int rounds, Kafka kafka, Path folder) {}

    /** Records a second that went in. */
    record Appended(double shipped, double flushed, double appender) {}

    /** Records a second that came out. */
    record Read(double kafka, double fetch) {}

    record Result(String version, List<Appended> appended, List<Read> read) {

        double appended(ToDoubleFunction<Appended> figure) {
            return Throughput.median(appended, figure);
        }

        double read(ToDoubleFunction<Read> figure) {
            return Throughput.median(read, figure);
        }
    }

    KafkaBench(BenchServer server, Settings settings) {
        this.server = server;
        this.settings = settings;
    }

    Result run() throws SQLException, IOException, InterruptedException {
        var vertx = Vertx.vertx();
        LocalMessages.register(vertx);
        var database = new Database(vertx, server.create(DATABASE, settings.partitions()));
        try (var broker = KafkaBroker.start(settings.kafka(), settings.folder());
                var admin = server.connect(DATABASE)) {
            var log = new Log(database);
            return run(broker, log, new Appends(database, log, admin, new Records(), settings.partitions()));
        } finally {
            Waiting.await(database.close());
            Waiting.await(vertx.close());
            server.drop(DATABASE);
        }
    }

    private Result run(KafkaBroker broker, Log log, Appends appends)
            throws SQLException, IOException, InterruptedException {
        Report.progress("kafka, warm-up");
        broker.createTopic(SHIPPED, settings.partitions(), List.of());
        broker.createTopic(FLUSHED, settings.partitions(), List.of("flush.messages=1"));
        var shippedRecords = roundRecords(broker.produce(SHIPPED, WARM_UP_SHIPPED));
        var flushedRecords = roundRecords(broker.produce(FLUSHED, WARM_UP_FLUSHED));
        appends.round(WARM_UP);
        var appended = new ArrayList<Appended>();
        for (var i = 0; i < settings.rounds(); i++) {
            Report.progress("kafka, appends, round %d of %d".formatted(i + 1, settings.rounds()));
            var shipped = broker.produce(SHIPPED, shippedRecords);
            before();
            appends.clear();
            var appender = appends.round(settings.round()).perSecond();
            var flushed = broker.produce(FLUSHED, flushedRecords);
            appended.add(new Appended(shipped, flushed, appender));
        }
        // All that is there, so that the seconds in which the consumer's JVM is cold count for little.
        var records = WARM_UP_SHIPPED + shippedRecords * settings.rounds();
        return new Result(settings.kafka().version(), appended, read(broker, log, appends, records));
    }

    private long roundRecords(double perSecond) {
        return Math.clamp((long) (perSecond * settings.round().toSeconds()), 1_000, MAX_ROUND_RECORDS);
    }

    private List<Read> read(KafkaBroker broker, Log log, Appends appends, long records)
            throws IOException, InterruptedException {
        var fetches = new Fetches(log, appends.topic());
        fetches.round(WARM_UP);
        var read = new ArrayList<Read>();
        for (var i = 0; i < settings.rounds(); i++) {
            Report.progress("kafka, reads, round %d of %d".formatted(i + 1, settings.rounds()));
            var consumed = broker.consume(SHIPPED, records);
            read.add(new Read(consumed, fetches.round(settings.round()).perSecond()));
        }
        return read;
    }

    private void before() throws SQLException {
        server.requireFree(4 * AppendBench.MAX_ROUND_BYTES);
        server.checkpoint();
    }
}
