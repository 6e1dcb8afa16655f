package io.millrace.jobs;

import io.millrace.pg.Database;
import io.millrace.stream.Appended;
import io.millrace.stream.Log;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.UUID;

/**
 * Cancels jobs. A cancelled job has failed, since people's queries know four states: what tells it from others is its
 * reason, and its row in {@code jobs.cancellations}.
 */
public final class CancelStore {

    private final Database database;
    private final SweepStore sweeps;

    public CancelStore(Database database, Log log) {
        this.database = database;
        this.sweeps = new SweepStore(database, log, "");
    }

    private static final String CANCEL = """
            select outcome, id, workspace, source_uri, status, error_message, chunks_total, completed_at
            from jobs.cancel($1, $2)
            """;

    /** What came of it, and where that was told. */
    private record Outcome(Cancelled cancelled, List<Appended> appended) {}

    public Future<Cancelled> cancel(String workspace, UUID id) {
        return cancelOrLeave(workspace, id).map(outcome -> {
            var bus = database.vertx().eventBus();
            outcome.appended().forEach(range -> bus.publish(Appended.address(range.topic()), range));
            return outcome.cancelled();
        });
    }

    private Future<Outcome> cancelOrLeave(String workspace, UUID id) {
        return database.inTransaction(connection -> connection
                .preparedQuery(CANCEL)
                .execute(Tuple.of(workspace, id))
                .compose(rows -> {
                    var cancelled = rows.rowCount() == 0
                            ? new Cancelled.Missing()
                            : cancelled(rows.iterator().next());
                    return cancelled instanceof Cancelled.Done(var job)
                            ? sweeps.record(connection, List.of(job)).map(appended -> new Outcome(cancelled, appended))
                            : Future.succeededFuture(new Outcome(cancelled, List.of()));
                }));
    }

    private static Cancelled cancelled(Row row) {
        return switch (row.getString(0)) {
            case "followed" -> new Cancelled.Followed();
            case "ended" -> new Cancelled.Ended(finished(row));
            case "cancelled" -> new Cancelled.Done(finished(row));
            default -> throw new IllegalStateException("no outcome of a cancellation: " + row.getString(0));
        };
    }

    private static JobFinished finished(Row row) {
        return new JobFinished(
                row.getUUID(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getInteger(6),
                row.getOffsetDateTime(7).toInstant());
    }
}
