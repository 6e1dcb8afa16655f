package io.millrace.bench;

import io.millrace.Config;
import io.millrace.ConfigSource;
import io.millrace.Pod;
import io.millrace.pg.DatabaseSettings;
import io.millrace.stream.ComputePool;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/** A pod with every stage, as {@code serve} runs it, on a database of its own. */
final class Flow {

    /** Connections of a pod, as configured by default. */
    static final int CONNECTIONS = 20;

    private static final String BENCHMARK = "the benchmark";

    private final DatabaseSettings database;
    private final Connection observer;
    private final int partitions;

    Flow(DatabaseSettings database, Connection observer, int partitions) {
        this.database = database;
        this.observer = observer;
        this.partitions = partitions;
    }

    /** Posts the documents and waits until the last of them is in the graph and in the statistics. */
    Meter.Usage run(List<byte[]> documents) throws SQLException, InterruptedException {
        var pod = new Pod(config(partitions), List.of(), ComputePool.HALT);
        var port = pod.listen();
        try (var sender = new DocumentSender()) {
            pod.start(database);
            awaitOwners(observer);
            var meter = Meter.start(observer);
            var sent = sender.send(port, documents);
            Waiting.until("jobs that have ended", documents.size(), () -> {
                if (sent.failed()) {
                    throw new IllegalStateException("posting failed", sent.cause());
                }
                return ended(observer);
            });
            Waiting.until("lag", 0, () -> Sql.number(observer, LAG));
            var usage = meter.stop();
            Waiting.await(sent);
            return usage;
        } finally {
            pod.stop();
        }
    }

    static Config config(int partitions) {
        return settings(partitions).config();
    }

    /** A pod that accepts whatever comes, however much is open. */
    static Config acceptingConfig(int partitions, String stages) {
        return settings(partitions)
                .flag("stages", stages, BENCHMARK)
                .flag("ingest.max-lag", "1000000000", BENCHMARK)
                .flag("ingest.max-open-per-workspace", "0", BENCHMARK)
                .flag("ingest.max-open-bytes-per-workspace", "0", BENCHMARK)
                .config();
    }

    private static ConfigSource settings(int partitions) {
        return new ConfigSource(Map.of())
                .flag("http.port", "0", BENCHMARK)
                .flag("log.partitions", Integer.toString(partitions), BENCHMARK)
                .flag("database.pool-size", Integer.toString(CONNECTIONS), BENCHMARK);
    }

    /** Until a pod has claimed every partition of every group. */
    static void awaitOwners(Connection observer) throws SQLException {
        Waiting.until("partitions without an owner", 0, () -> Sql.number(observer, UNOWNED));
    }

    private static final String UNOWNED = """
            select count(*) filter (where owner is null)
            from stream.assignments
            """;

    static long ended(Connection observer) throws SQLException {
        return Sql.number(observer, ENDED);
    }

    /** Kept by the sweep, so that asking reads two rows. */
    private static final String ENDED = """
            select coalesce(sum(value), 0)
            from jobs.totals
            where name in ('jobs_completed', 'jobs_failed')
            """;

    private static final String LAG = """
            select sum(lag)
            from stream.lag
            """;

    /** Jobs that ended otherwise than in the graph. */
    long failed() throws SQLException {
        return Sql.number(observer, "select count(*) from jobs.job_status where status <> 'completed'");
    }
}
