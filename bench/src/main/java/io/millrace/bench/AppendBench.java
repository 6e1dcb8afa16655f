package io.millrace.bench;

import io.millrace.pg.Database;
import io.millrace.stream.LocalMessages;
import io.millrace.stream.Log;
import io.vertx.core.Vertx;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How fast the log takes records of 1 KiB through the public appender, beside a bare insert of the same arrays through
 * the same driver over as many connections; then how fast it gives them back.
 */
final class AppendBench {

    private static final String DATABASE = "bench_append";
    private static final Duration WARM_UP = Duration.ofSeconds(2);
    private static final int FETCH_ROUNDS = 3;

    /** A round writes no more than this, twice over with the WAL, so that a quick disk is not filled. */
    static final long MAX_ROUND_BYTES = 768L << 20;

    private static final long DISK_RESERVE_BYTES = 4 * MAX_ROUND_BYTES;

    private final BenchServer server;
    private final Settings settings;

    /** @param rounds of each side */
    record Settings(int partitions, Duration round, int rounds) {}

    /** Records a second, a figure a round. */
    record Result(List<Throughput> raw, List<Throughput> appender, List<Throughput> fetch) {

        /** Of the rounds' ratios, since a load that comes and goes meets both sides of a round. */
        double medianRatio() {
            var ratios = IntStream.range(0, raw.size())
                    .mapToObj(i -> appender.get(i).perSecond() / raw.get(i).perSecond())
                    .toList();
            return Throughput.median(ratios, Double::doubleValue);
        }
    }

    AppendBench(BenchServer server, Settings settings) {
        this.server = server;
        this.settings = settings;
    }

    Result run() throws SQLException, InterruptedException {
        var vertx = Vertx.vertx();
        LocalMessages.register(vertx);
        var database = new Database(vertx, server.create(DATABASE, settings.partitions()));
        try {
            return run(database);
        } finally {
            Waiting.await(database.close());
            Waiting.await(vertx.close());
            server.drop(DATABASE);
        }
    }

    private Result run(Database database) throws SQLException, InterruptedException {
        var log = new Log(database);
        var records = new Records();
        try (var admin = server.connect(DATABASE)) {
            var raw = new RawInserts(database, admin, records, settings.partitions());
            var appends = new Appends(database, log, admin, records, settings.partitions());
            raw.round(WARM_UP);
            appends.round(WARM_UP);
            var ofRaw = new ArrayList<Throughput>();
            var ofAppender = new ArrayList<Throughput>();
            for (var i = 0; i < settings.rounds(); i++) {
                Report.progress("append, round %d of %d".formatted(i + 1, settings.rounds()));
                before();
                ofRaw.add(raw.round(settings.round()));
                raw.clear();
                before();
                appends.clear();
                ofAppender.add(appends.round(settings.round()));
            }
            Report.progress("fetch");
            var fetches = new Fetches(log, appends.topic());
            fetches.round(WARM_UP);
            var ofFetch = new ArrayList<Throughput>();
            for (var i = 0; i < FETCH_ROUNDS; i++) {
                ofFetch.add(fetches.round(settings.round()));
            }
            return new Result(ofRaw, ofAppender, ofFetch);
        }
    }

    private void before() throws SQLException {
        server.requireFree(DISK_RESERVE_BYTES);
        server.checkpoint();
    }
}
