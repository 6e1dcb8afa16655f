package io.millrace.bench;

import io.millrace.Pod;
import io.millrace.stream.ComputePool;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How long a document takes from its POST until it is visible in the graph, at shares of the documents a second that the same
 * machine has just made of as many as came: by the clock of the client, who asked to be answered when its job has ended, and
 * by the database's.
 */
final class VisibilityBench {

    private static final String DATABASE = "bench_visibility";
    private static final int WARM_UP_SECONDS = 3;

    /** The share for which there is an aim. */
    static final double HALF = 0.5;

    /** A machine with hardly anything to do, with little, with some, and at half load. */
    private static final List<Double> SHARES = List.of(0.01, 0.1, 0.25, HALF);

    /** What runs for documents one at a time is other code than for many, and takes the JVM most of a minute to compile. */
    private static final int WARM_UP_LOADS = 3;

    private static final long DISK_BYTES_A_DOCUMENT = 250_000;

    private final BenchServer server;
    private final Settings settings;
    private final List<byte[]> documents;

    /**
     * How much to do.
     *
     * @param length of each load in a round
     */
    record Settings(int partitions, Duration length, int rounds) {}

    /**
     * Milliseconds by the database's clock, of 99 and of half the jobs.
     *
     * @param begunP50 from the job's row to its chunks
     * @param endedP50 from its chunks until all of it is in the graph and the row says so
     */
    record ServerTimes(double begunP50, double endedP50, double wholeP50, double wholeP99) {}

    /** @param share of as fast as they go */
    record Load(
            double share,
            double perSecond,
            Latencies client,
            ServerTimes server,
            Meter.Usage usage,
            List<StatementCosts.Cost> costs) {
        Load {
            costs = List.copyOf(costs);
        }
    }

    /** @param fullPerSecond documents a second, as fast as they went */
    record Round(double fullPerSecond, List<Load> loads) {
        Round {
            loads = List.copyOf(loads);
        }
    }

    VisibilityBench(BenchServer server, Settings settings, List<byte[]> documents) {
        this.server = server;
        this.settings = settings;
        this.documents = documents;
    }

    List<Round> run() throws SQLException, InterruptedException {
        Report.progress("visibility, warm-up");
        server.requireFree(DISK_BYTES_A_DOCUMENT * documents.size());
        var full = fullPerSecond();
        for (var i = 0; i < WARM_UP_LOADS; i++) {
            load(HALF, HALF * full);
        }
        var rounds = new ArrayList<Round>();
        for (var i = 0; i < settings.rounds(); i++) {
            Report.progress("visibility, round %d of %d".formatted(i + 1, settings.rounds()));
            rounds.add(round(fullPerSecond()));
        }
        return rounds;
    }

    private double fullPerSecond() throws SQLException, InterruptedException {
        var database = server.create(DATABASE, Flow.CONNECTIONS);
        try (var observer = server.connect(DATABASE)) {
            server.checkpoint();
            var usage = new Flow(database, observer, settings.partitions()).run(documents);
            return documents.size() / usage.seconds();
        } finally {
            server.drop(DATABASE);
        }
    }

    private Round round(double fullPerSecond) throws SQLException, InterruptedException {
        var loads = new ArrayList<Load>();
        for (var share : SHARES) {
            loads.add(load(share, share * fullPerSecond));
        }
        return new Round(fullPerSecond, loads);
    }

    private Load load(double share, double perSecond) throws SQLException, InterruptedException {
        var database = server.create(DATABASE, Flow.CONNECTIONS);
        var pod = new Pod(Flow.config(settings.partitions()), List.of(), ComputePool.HALT);
        var port = pod.listen();
        try (var observer = server.connect(DATABASE)) {
            pod.start(database);
            Flow.awaitOwners(observer);
            server.checkpoint();
            // A pod that has just started has connections to open and statements to prepare.
            var warm = (int) (perSecond * WARM_UP_SECONDS);
            var count = Math.min(documents.size() - warm, (int)
                    (perSecond * settings.length().toSeconds()));
            paced(port, documents.subList(0, warm), perSecond);
            StatementCosts.reset(server.admin());
            var meter = Meter.start(observer);
            var latencies = paced(port, documents.subList(warm, warm + count), perSecond);
            var usage = meter.stop();
            var costs = StatementCosts.dearest(server.admin(), database.database());
            return new Load(share, perSecond, latencies, serverTimes(observer, count), usage, costs);
        } finally {
            pod.stop();
            server.drop(DATABASE);
        }
    }

    private static Latencies paced(int port, List<byte[]> documents, double perSecond) {
        try (var posts = new PacedPosts(port, documents, perSecond)) {
            return posts.run();
        }
    }

    /** Of the newest jobs. */
    private static final String SERVER_TIMES = """
            with job as (
              select extract(epoch from started_at - created_at) * 1000 as begun,
                extract(epoch from completed_at - started_at) * 1000 as ended,
                extract(epoch from completed_at - created_at) * 1000 as whole
              from jobs.job_status
              order by created_at desc
              limit ?
            )
            select percentile_cont(0.5) within group (order by begun), percentile_cont(0.5) within group (order by ended),
              percentile_cont(0.5) within group (order by whole), percentile_cont(0.99) within group (order by whole)
            from job
            """;

    private static ServerTimes serverTimes(Connection connection, int count) throws SQLException {
        try (var statement = connection.prepareStatement(SERVER_TIMES)) {
            statement.setInt(1, count);
            try (var rows = statement.executeQuery()) {
                rows.next();
                return new ServerTimes(rows.getDouble(1), rows.getDouble(2), rows.getDouble(3), rows.getDouble(4));
            }
        }
    }
}
