package io.millrace.stream;

import io.millrace.pg.Database;
import io.millrace.pg.DatabaseFailure;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Commits what the batches of a group lead to: fence, rows and appends in one transaction. Small batches share one, those
 * of a wave and those that are ready while another is under way: what one document says goes to all partitions of a topic,
 * and a transaction for each of them cost more than the rows did. Thread-safe.
 */
final class BatchCommits {

    /** What is larger has a transaction of its own: it would save little, and keep others waiting. */
    private static final int SHARED_BYTES = 256 << 10;

    /** What is larger does not wait for the rest of its wave: the database may as well begin with it. */
    private static final int WAVE_BYTES = 16 << 10;

    /** States of one who met another: a deadlock, and what was loaded has changed meanwhile. */
    private static final Set<String> CONFLICTS = Set.of("40P01", "MR005");

    private static final int TRANSACTION_BYTES = 1 << 20;
    private static final int TRANSACTION_STEPS = 64;

    /** A batch of one partition, and what it leads to. */
    record Step(Claim claim, long sequence, Batch batch, Effects effects) {
        /** Of the records that it read and of those that it appends. */
        long sizeBytes() {
            var bytes = 0L;
            for (var record : batch.records()) {
                bytes += record.sizeBytes();
            }
            for (var append : effects.appends()) {
                for (var record : append.records()) {
                    bytes += record.sizeBytes();
                }
            }
            return bytes;
        }
    }

    private final Database database;
    private final Log log;
    private final Group group;
    private final Waves waves;
    private final GroupCommit<Step, Future<List<Appended>>> together;

    BatchCommits(Database database, Log log, Group group, Waves waves) {
        this.database = database;
        this.log = log;
        this.group = group;
        this.waves = waves;
        this.together = new GroupCommit<>(
                TRANSACTION_STEPS, TRANSACTION_BYTES, this::commitTogether, new NextTurn(database.vertx()));
    }

    /** Gives what was appended, once it has committed. No other step's values or fence make it fail. */
    Future<List<Appended>> commit(Step step) {
        var bytes = step.sizeBytes();
        var wave = waves.decided(step.claim().partition());
        if (bytes > SHARED_BYTES) {
            return commitAlone(step);
        }
        var ready = bytes > WAVE_BYTES ? Future.<Void>succeededFuture() : wave;
        return ready.compose(go -> together.add(step, (int) bytes)).compose(Function.identity());
    }

    /** The same, and no other step shares the transaction. */
    Future<List<Appended>> commitAlone(Step step) {
        return inTransaction(List.of(step)).map(List::getFirst);
    }

    /** How each step ended. */
    private Future<List<Future<List<Appended>>>> commitTogether(List<Step> steps) {
        return inTransaction(steps).transform(done -> {
            if (done.succeeded()) {
                return Future.succeededFuture(
                        done.result().stream().map(Future::succeededFuture).toList());
            }
            return steps.size() == 1 || concernsAll(done.cause())
                    ? Future.failedFuture(done.cause())
                    : eachAlone(steps);
        });
    }

    /**
     * Whether none of the steps is to blame: the database is away or busy, or the outcome is open and nothing may be tried again.
     */
    private static boolean concernsAll(Throwable thrown) {
        return thrown instanceof DatabaseFailure failure
                && switch (failure.kind()) {
                    case UNKNOWN -> true;
                    case UNAVAILABLE -> !CONFLICTS.contains(String.valueOf(failure.sqlState()));
                    case FENCED, REFUSED, MISSING, OFFSET_OUT_OF_RANGE -> false;
                };
    }

    /** One of them is fenced, or has values that PostgreSQL refuses; nothing of any was stored. */
    private Future<List<Future<List<Appended>>>> eachAlone(List<Step> steps) {
        var alone = steps.stream().map(this::commitAlone).toList();
        return Future.join(alone).transform(done -> Future.succeededFuture(alone));
    }

    private Future<List<List<Appended>>> inTransaction(List<Step> steps) {
        return database.inTransaction(connection -> statements(connection, steps));
    }

    private Future<List<List<Appended>>> statements(SqlConnection connection, List<Step> steps) {
        var results = new ArrayList<Future<?>>();
        results.add(GroupStore.commitOffsets(connection, group, steps));
        MergedWrites.of(steps.stream().map(step -> step.effects().writes()).toList())
                .forEach(write -> results.add(execute(connection, write)));
        var appends = log.appendOfSeveral(
                connection, steps.stream().map(step -> step.effects().appends()).toList());
        results.add(appends);
        return Future.all(results)
                .compose(all -> receipts(connection, steps, appends.result()))
                .compose(all -> appends);
    }

    private static Future<?> receipts(SqlConnection connection, List<Step> steps, List<List<Appended>> appended) {
        var written = new ArrayList<Future<?>>();
        for (var i = 0; i < steps.size(); i++) {
            var receipt = steps.get(i).effects().receipt();
            if (receipt != null) {
                written.add(execute(connection, receipt.write(appended.get(i))));
            }
        }
        return Future.all(written);
    }

    private static Future<?> execute(SqlConnection connection, Write write) {
        return connection.preparedQuery(write.sql()).execute(write.parameters());
    }
}
