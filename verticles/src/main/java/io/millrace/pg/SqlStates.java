package io.millrace.pg;

import io.millrace.pg.DatabaseFailure.Kind;
import io.vertx.core.VertxException;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import io.vertx.sqlclient.DatabaseException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.concurrent.CompletionException;

/** The one place that says what a SQLSTATE, or the lack of one, means. MR… are raised by our own functions. */
public final class SqlStates {

    private SqlStates() {}

    public static DatabaseFailure failure(Throwable thrown) {
        return switch (thrown) {
            case DatabaseFailure known -> known;
            case CompletionException wrapped when wrapped.getCause() != null -> failure(wrapped.getCause());
            case PgException answered ->
                new DatabaseFailure(kind(answered.getSqlState()), answered.getSqlState(), message(answered), answered);
            case ConnectException refused -> unreachable(refused);
            case UnknownHostException unknown -> unreachable(unknown);
            default ->
                neverSent(thrown)
                        ? unreachable(thrown)
                        : new DatabaseFailure(Kind.UNKNOWN, null, "no answer from the database: " + thrown, thrown);
        };
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

    /** The pool gave up before there was a connection; it tells so by its messages only. */
    private static boolean neverSent(Throwable thrown) {
        var message = String.valueOf(thrown.getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("connection pool reached max wait queue")
                || (message.contains("timeout") && message.contains("pool"))
                || message.contains("pool closed");
    }

    private static String message(PgException answered) {
        return answered.getErrorMessage() + " (" + answered.getSqlState() + ")";
    }

    static Kind kind(String sqlState) {
        return switch (sqlState) {
            case "MR001" -> Kind.FENCED;
            case "MR002" -> Kind.OFFSET_OUT_OF_RANGE;
            case "MR003", "MR004" -> Kind.MISSING;
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
