package io.millrace.pg;

import io.millrace.pg.DatabaseFailure.Kind;
import io.vertx.core.VertxException;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import io.vertx.sqlclient.DatabaseException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletionException;

/** The one place that says what a SQLSTATE, or the lack of one, means. MR… are raised by our own functions. */
public final class SqlStates {

    private static final String STALE = "Connection is not active now";

    /** The pool's wait queue is full; it waited for too long; it is closed; the connection had broken before. */
    private static final List<String> NO_CONNECTION = List.of(
            "Connection pool reached max wait queue size", "Timeout waiting for connection", "Pool closed", STALE);

    /** Parameters that do not fit the statement, so that it was not sent. */
    private static final List<String> MISFIT =
            List.of("Parameter at position", "The number of parameters to execute should be consistent");

    private SqlStates() {}

    public static DatabaseFailure failure(Throwable thrown) {
        return switch (thrown) {
            case DatabaseFailure known -> known;
            case CompletionException wrapped when wrapped.getCause() != null -> failure(wrapped.getCause());
            case PgException answered ->
                new DatabaseFailure(kind(answered), answered.getSqlState(), message(answered), answered);
            case ConnectException refused -> unreachable(refused);
            case UnknownHostException unknown -> unreachable(unknown);
            default -> unanswered(thrown);
        };
    }

    /** A failure of what could not have stored anything (a read, a connect): its outcome is never in doubt. */
    public static DatabaseFailure nothingStored(Throwable thrown) {
        var failure = failure(thrown);
        return failure.kind() == Kind.UNKNOWN ? unreachable(thrown) : failure;
    }

    /** Whether the statement met a connection that had broken before, so that it was not sent. */
    static boolean isStale(Throwable thrown) {
        var client = thrown instanceof DatabaseFailure ? thrown.getCause() : thrown;
        return client instanceof VertxException
                && String.valueOf(client.getMessage()).startsWith(STALE);
    }

    /** The client tells its own failures apart by their messages only. */
    private static DatabaseFailure unanswered(Throwable thrown) {
        var message = String.valueOf(thrown.getMessage());
        if (NO_CONNECTION.stream().anyMatch(message::startsWith)) {
            return unreachable(thrown);
        }
        return MISFIT.stream().anyMatch(message::startsWith)
                ? new DatabaseFailure(Kind.REFUSED, null, message, thrown)
                : new DatabaseFailure(Kind.UNKNOWN, null, "no answer from the database: " + thrown, thrown);
    }

    /** Whether a failure is the database's or of the way to it, rather than of the code that asked. */
    public static boolean isDatabases(Throwable thrown) {
        return thrown instanceof DatabaseFailure
                || thrown instanceof DatabaseException
                || thrown instanceof ClosedConnectionException
                || thrown instanceof IOException
                || thrown instanceof VertxException;
    }

    /** A failure, of whatever kind, behind an earlier try whose outcome is open. */
    public static DatabaseFailure stillUnknown(DatabaseFailure last) {
        return new DatabaseFailure(
                Kind.UNKNOWN, last.sqlState(), "the outcome could not be found out: " + last.getMessage(), last);
    }

    private static DatabaseFailure unreachable(Throwable thrown) {
        return new DatabaseFailure(
                Kind.UNAVAILABLE, null, "the database is not to be reached: " + thrown.getMessage(), thrown);
    }

    private static String message(PgException answered) {
        return answered.getErrorMessage() + " (" + answered.getSqlState() + ")";
    }

    private static Kind kind(PgException answered) {
        return panicked(answered) ? Kind.UNKNOWN : kind(answered.getSqlState());
    }

    /**
     * Whether the server gave up while it wrote WAL, as it does when that disk is full. The record of a COMMIT may be in the
     * part that was written, and then the transaction is there after the recovery. The severity comes in the server's
     * language, so the name of the file tells as well.
     */
    private static boolean panicked(PgException answered) {
        return "PANIC".equals(answered.getSeverity())
                || String.valueOf(answered.getErrorMessage()).contains("\"pg_wal/");
    }

    static Kind kind(String sqlState) {
        return switch (sqlState) {
            case "MR001" -> Kind.FENCED;
            case "MR002" -> Kind.OFFSET_OUT_OF_RANGE;
            case "MR003", "MR004" -> Kind.MISSING;
            // What was loaded has changed meanwhile: load it again.
            case "MR005" -> Kind.UNAVAILABLE;
            case "40003" -> Kind.UNKNOWN;
            default -> kindOfClass(sqlState.substring(0, 2));
        };
    }

    private static Kind kindOfClass(String sqlClass) {
        return switch (sqlClass) {
            // Data exceptions, constraints, a program limit such as an index row that is too long, a trigger's
            // objection.
            case "21", "22", "23", "44", "54", "P0" -> Kind.REFUSED;
            // What a pooler answers when the server behind it went away in the middle: perhaps after the commit.
            case "08" -> Kind.UNKNOWN;
            // 40: serialization, deadlock; 53: resources; 55: locks; 57: shutdown, cancelled; 58: the system itself.
            default -> Kind.UNAVAILABLE;
        };
    }
}
