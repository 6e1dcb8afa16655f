package io.millrace.bench;

import io.millrace.pg.Database;
import io.millrace.pg.DatabaseSettings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How fast documents become a graph: posted to a pod with every stage, until the last of them is in the graph and in the
 * statistics; beside a mock that makes the same writes by bare SQL. Each round of either has an empty database.
 */
final class DocumentBench {

    private static final String FLOW = "bench_flow";
    private static final String MOCK = "bench_mock";

    /** Rows, log and WAL of both sides, several times over. */
    private static final long DISK_BYTES_A_DOCUMENT = 500_000;

    private final BenchServer server;
    private final Settings settings;
    private final List<byte[]> documents;

    /** @param rounds of each side */
    record Settings(int partitions, int rounds) {}

    /** One side of one round. */
    record Side(int documents, Meter.Usage usage, List<StatementCosts.Cost> costs, Map<String, Long> rows) {
        double perSecond() {
            return documents / usage.seconds();
        }
    }

    /** A round of both sides. */
    record Round(Side flow, Side mock, long failedJobs, int mockTransactions) {
        double ratio() {
            return flow.perSecond() / mock.perSecond();
        }
    }

    DocumentBench(BenchServer server, Settings settings, List<byte[]> documents) {
        this.server = server;
        this.settings = settings;
        this.documents = documents;
    }

    List<Round> run() throws SQLException, InterruptedException {
        // As long as a round: with 2,000 documents, the compiler took a third of all time in the first round.
        Report.progress("documents, warm-up");
        server.requireFree(DISK_BYTES_A_DOCUMENT * documents.size());
        round();
        var rounds = new ArrayList<Round>();
        for (var i = 0; i < settings.rounds(); i++) {
            Report.progress("documents, round %d of %d".formatted(i + 1, settings.rounds()));
            rounds.add(round());
        }
        return rounds;
    }

    private Round round() throws SQLException, InterruptedException {
        var source = server.create(FLOW, Flow.CONNECTIONS);
        var target = server.create(MOCK, Flow.CONNECTIONS);
        try (var ofFlow = server.connect(FLOW);
                var ofMock = server.connect(MOCK)) {
            var run = new Flow(source, ofFlow, settings.partitions());
            before();
            var usage = run.run(documents);
            var flow = side(usage, FLOW, ofFlow);
            var failed = run.failed();
            var vertx = Vertx.vertx();
            try {
                return mocked(vertx, source, target, ofMock, flow, failed);
            } finally {
                Waiting.await(vertx.close());
            }
        } finally {
            server.drop(FLOW);
            server.drop(MOCK);
        }
    }

    private Round mocked(
            Vertx vertx, DatabaseSettings source, DatabaseSettings target, Connection observer, Side flow, long failed)
            throws SQLException {
        var recorded = new Database(vertx, source);
        var recording = new Recording(recorded);
        var database = new Database(vertx, target);
        prepare(recording, observer);
        var mock = new Mock(recording, settings.partitions());
        Waiting.await(recorded.close());
        connect(database);
        before();
        var meter = Meter.start(observer);
        Waiting.await(mock.run(database.pool()));
        var usage = meter.stop();
        Waiting.await(database.close());
        var side = side(usage, MOCK, observer);
        if (failed == 0) {
            Comparison.requireSame(flow.rows(), side.rows());
        }
        return new Round(flow, side, failed, mock.transactions());
    }

    /** Opens the pool's connections, as those of a pod that is up are. */
    private static void connect(Database database) {
        var open = Stream.generate(() -> database.pool().getConnection())
                .limit(Flow.CONNECTIONS)
                .toList();
        Waiting.await(Future.all(open));
        Waiting.await(Future.all(
                open.stream().map(connection -> connection.result().close()).toList()));
    }

    /** The same topics and groups, in the same order and so with the same ids. */
    private static void prepare(Recording recording, Connection connection) throws SQLException {
        for (var topic : recording.topics()) {
            Sql.run(
                    connection,
                    "select stream.create_topic('%s', %d)"
                            .formatted(topic.getString("name"), topic.getInteger("partitions")));
        }
        for (var group : recording.groups()) {
            Sql.run(
                    connection,
                    "select stream.create_group('%s', %d)"
                            .formatted(group.getString("name"), group.getInteger("topic_id")));
        }
    }

    private void before() throws SQLException {
        server.checkpoint();
        StatementCosts.reset(server.admin());
    }

    private Side side(Meter.Usage usage, String database, Connection connection) throws SQLException {
        return new Side(
                documents.size(), usage, StatementCosts.dearest(server.admin(), database), Comparison.rows(connection));
    }
}
