package io.millrace.bench;

import io.millrace.Pod;
import io.millrace.pg.Database;
import io.millrace.stream.ComputePool;
import io.millrace.stream.LocalMessages;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What an old snapshot costs: documents flow, and offsets are committed and records appended, for as long without as with a reader that holds the
 * snapshot of its first moment, on databases of their own. Nothing that was updated or deleted since can be cleaned away
 * meanwhile, so that rows which change often leave a growing trail of dead versions.
 */
final class LongTransactionBench {

    private static final String DATABASE = "bench_long";
    private static final String OLD_SNAPSHOT =
            "begin isolation level repeatable read; select count(*) from stream.topics";
    private static final int WINDOWS = 10;

    /** Documents on their way at a time; enough to keep every stage at work. */
    private static final int MOST_OPEN = 3_000;

    private static final int SENT_AT_ONCE = 500;
    private static final long DISK_RESERVE_BYTES = 30L << 30;

    private final BenchServer server;
    private final Settings settings;
    private final List<byte[]> documents;

    /** @param length of each side */
    record Settings(int partitions, Duration length) {}

    /** A tenth of a side: what ended in it a second. */
    record Window(double documents, double commits) {}

    /** Versions that nobody needs any more, and how often rows were updated, in all and without touching an index. */
    record Table(String name, long live, long dead, long updates, long hotUpdates, long bytes) {}

    record Side(List<Window> windows, List<Table> tables) {}

    record Result(Side without, Side with) {}

    LongTransactionBench(BenchServer server, Settings settings, List<byte[]> documents) {
        this.server = server;
        this.settings = settings;
        this.documents = documents;
    }

    Result run() throws SQLException, InterruptedException {
        Report.progress("long transactions, warm-up");
        side("warm-up", false, Duration.ofSeconds(20));
        return new Result(side("without", false, settings.length()), side("with", true, settings.length()));
    }

    private Side side(String what, boolean reader, Duration length) throws SQLException, InterruptedException {
        server.requireFree(DISK_RESERVE_BYTES);
        var database = server.create(DATABASE, Flow.CONNECTIONS);
        var pod = new Pod(Flow.config(settings.partitions()), List.of(), ComputePool.HALT);
        var vertx = Vertx.vertx();
        LocalMessages.register(vertx);
        var appending = new Database(vertx, database);
        try (var observer = server.connect(DATABASE);
                var old = server.connect(DATABASE)) {
            var port = pod.listen();
            pod.start(database);
            Flow.awaitOwners(observer);
            server.checkpoint();
            if (reader) {
                Sql.run(old, OLD_SNAPSHOT);
            }
            try (var commits = new SmallCommits(appending, settings.partitions())) {
                return new Side(windows(what, port, observer, commits, length), tables(observer));
            }
        } finally {
            pod.stop();
            Waiting.await(appending.close());
            Waiting.await(vertx.close());
            server.drop(DATABASE);
        }
    }

    private List<Window> windows(String what, int port, Connection observer, SmallCommits commits, Duration length)
            throws SQLException {
        var windows = new ArrayList<Window>();
        var nanos = length.toNanos() / WINDOWS;
        var sent = 0L;
        try (var sender = new DocumentSender()) {
            for (var i = 0; i < WINDOWS; i++) {
                Report.progress("long transactions, %s, window %d of %d".formatted(what, i + 1, WINDOWS));
                var begin = System.nanoTime();
                var endedBefore = Flow.ended(observer);
                var committedBefore = commits.committed();
                while (System.nanoTime() - begin < nanos) {
                    sent += send(sender, port, sent);
                    var open = sent - MOST_OPEN;
                    Waiting.untilAtLeast("jobs that have ended", open, () -> Flow.ended(observer));
                }
                var seconds = (System.nanoTime() - begin) / 1e9;
                windows.add(new Window(
                        (Flow.ended(observer) - endedBefore) / seconds,
                        (commits.committed() - committedBefore) / seconds));
            }
        }
        return windows;
    }

    /** The same documents again and again, from other places. */
    private int send(DocumentSender sender, int port, long from) {
        var next = new ArrayList<byte[]>(SENT_AT_ONCE);
        for (var i = 0; i < SENT_AT_ONCE; i++) {
            var document = documents.get((int) ((from + i) % documents.size()));
            next.add(moved(document, (from + i) / documents.size()));
        }
        Waiting.await(sender.send(port, next));
        return SENT_AT_ONCE;
    }

    private static byte[] moved(byte[] document, long round) {
        var prefix = DocumentGenerator.SOURCE.getBytes(StandardCharsets.UTF_8);
        var other = (DocumentGenerator.SOURCE + round + "/").getBytes(StandardCharsets.UTF_8);
        var moved = new byte[document.length - prefix.length + other.length];
        System.arraycopy(other, 0, moved, 0, other.length);
        System.arraycopy(document, prefix.length, moved, other.length, document.length - prefix.length);
        return moved;
    }

    private static final String TABLES = """
            select schemaname || '.' || relname, n_live_tup, n_dead_tup, n_tup_upd, n_tup_hot_upd, pg_total_relation_size(relid)
            from pg_stat_user_tables
            order by n_dead_tup desc
            limit 12
            """;

    private static List<Table> tables(Connection observer) throws SQLException {
        var tables = new ArrayList<Table>();
        try (var statement = observer.createStatement();
                var rows = statement.executeQuery(TABLES)) {
            while (rows.next()) {
                tables.add(new Table(
                        rows.getString(1),
                        rows.getLong(2),
                        rows.getLong(3),
                        rows.getLong(4),
                        rows.getLong(5),
                        rows.getLong(6)));
            }
        }
        return tables;
    }
}
