package io.millrace.bench;

import io.millrace.Config;
import io.millrace.Pod;
import io.millrace.pg.DatabaseSettings;
import io.millrace.stream.ComputePool;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Documents posted one a request over 64 connections, beside as many clients of {@code pgbench} that insert one row of as
 * many bytes a transaction: by turns, into the same server, first to a pod that only accepts, then to one with every stage.
 */
final class PostBench {

    static final int CLIENTS = 64;

    private static final String PGBENCH = "bench_pgbench";
    private static final String ACCEPTING = "bench_posts";
    private static final String FLOWING = "bench_posts_flow";
    private static final String EVERY_STAGE = "ingest,chunk,extract,graph,stats";
    private static final Duration WARM_UP = Duration.ofSeconds(15);

    /** Rows, log, WAL and what the stages make of a small document. */
    private static final long DISK_BYTES = 8L << 30;

    private final BenchServer server;
    private final Settings settings;

    /** @param rounds of each side */
    record Settings(int partitions, Duration round, int rounds, Path folder) {}

    /** Posts to one pod, and what they cost. */
    record Side(Posts.Round posts, Meter.Usage usage, List<StatementCosts.Cost> costs) {
        double perSecond() {
            return posts.posts().perSecond();
        }

        private double perPost(double seconds) {
            return seconds * 1e3 / posts.posts().count();
        }

        /** Milliseconds of the pod for a post. */
        double podMillis() {
            return perPost(usage.jvmCpuSeconds() - posts.cpuSeconds());
        }

        double clientMillis() {
            return perPost(posts.cpuSeconds());
        }

        double postgresMillis() {
            Double seconds = usage.postgresCpuSeconds();
            return seconds == null ? Double.NaN : perPost(seconds);
        }
    }

    /** Transactions of {@code pgbench}, and PostgreSQL's processor time for one. */
    record Inserted(double perSecond, double postgresMillis) {}

    /** @param pgbench null where it is missing */
    record Round(@Nullable Inserted pgbench, Side accepting, Side flowing) {}

    record Result(@Nullable Path pgbench, int documentBytes, List<Round> rounds) {
        double median(ToDoubleFunction<Round> figure) {
            return Throughput.median(rounds, figure);
        }
    }

    PostBench(BenchServer server, Settings settings) {
        this.server = server;
        this.settings = settings;
    }

    Result run() throws SQLException, IOException, InterruptedException {
        var program = PgBench.find();
        var peer = program == null ? null : pgbench(program);
        Report.progress("posts, warm-up");
        accepting(WARM_UP);
        flowing(WARM_UP);
        var rounds = new ArrayList<Round>();
        for (var i = 0; i < settings.rounds(); i++) {
            Report.progress("posts, round %d of %d".formatted(i + 1, settings.rounds()));
            server.requireFree(DISK_BYTES);
            var accepted = accepting(settings.round());
            var inserted = peer == null ? null : inserted(peer);
            rounds.add(new Round(inserted, accepted, flowing(settings.round())));
        }
        if (peer != null) {
            server.drop(PGBENCH);
        }
        return new Result(program, Posts.sample().length, rounds);
    }

    private PgBench pgbench(Path program) throws SQLException {
        var database = server.create(PGBENCH, 1);
        try (var connection = server.connect(PGBENCH)) {
            Sql.run(connection, PgBench.CREATE);
        }
        return new PgBench(program, settings.folder().resolve("pgbench.sql"), database);
    }

    private Inserted inserted(PgBench peer) throws SQLException, IOException {
        server.checkpoint();
        try (var connection = server.connect(PGBENCH)) {
            Sql.run(connection, "truncate pgbench_documents");
            var meter = Meter.start(connection);
            var perSecond = peer.run(CLIENTS, settings.round(), Posts.sample());
            Double postgresSeconds = meter.stop().postgresCpuSeconds();
            var inserted = Sql.number(connection, "select count(*) from pgbench_documents");
            return new Inserted(perSecond, postgresSeconds == null ? Double.NaN : postgresSeconds * 1e3 / inserted);
        }
    }

    private Side accepting(Duration length) throws SQLException, InterruptedException {
        return posted(ACCEPTING, Flow.acceptingConfig(settings.partitions(), "ingest"), length);
    }

    private Side flowing(Duration length) throws SQLException, InterruptedException {
        return posted(FLOWING, Flow.acceptingConfig(settings.partitions(), EVERY_STAGE), length);
    }

    private Side posted(String name, Config config, Duration length) throws SQLException, InterruptedException {
        var database = server.create(name, Flow.CONNECTIONS);
        try {
            return posted(database, config, length);
        } finally {
            server.drop(name);
        }
    }

    private Side posted(DatabaseSettings database, Config config, Duration length)
            throws SQLException, InterruptedException {
        var pod = new Pod(config, List.of(), ComputePool.HALT);
        var port = pod.listen();
        try {
            pod.start(database);
            try (var posts = new Posts(port, CLIENTS, length);
                    var observer = server.connect(database.database())) {
                server.checkpoint();
                StatementCosts.reset(server.admin());
                var meter = Meter.start(observer);
                var round = posts.run();
                var usage = meter.stop();
                return new Side(round, usage, StatementCosts.dearest(server.admin(), database.database()));
            }
        } finally {
            pod.stop();
        }
    }
}
