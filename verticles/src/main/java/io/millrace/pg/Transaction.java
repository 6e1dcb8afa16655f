package io.millrace.pg;

import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import java.util.function.Function;

/**
 * One transaction over a connection, with BEGIN sent ahead of the block's statements rather than awaited: a round trip
 * that every batch would pay. COMMIT is sent once the block's future has succeeded, never together with a statement whose
 * answer is open, since a COMMIT after a failed statement succeeds and means a rollback.
 */
final class Transaction {

    private Transaction() {}

    static <T> Future<T> run(SqlConnection connection, Function<SqlConnection, Future<T>> block) {
        var begun = connection.query("begin").execute();
        Future<T> body;
        try {
            body = block.apply(connection);
        } catch (RuntimeException e) {
            body = Future.failedFuture(e);
        }
        var result = body;
        return begun.compose(ignored -> result)
                .compose(
                        value -> connection.query("commit").execute().map(ignored -> value),
                        // Nothing was committed, and nothing will be: the failure before the commit is a certain one.
                        failure -> connection
                                .query("rollback")
                                .execute()
                                .transform(ignored -> Future.failedFuture(beforeCommit(failure))));
    }

    private static Throwable beforeCommit(Throwable thrown) {
        if (!SqlStates.isDatabases(thrown)) {
            return thrown;
        }
        var failure = SqlStates.failure(thrown);
        return failure.kind() == DatabaseFailure.Kind.UNKNOWN
                ? new DatabaseFailure(
                        DatabaseFailure.Kind.UNAVAILABLE,
                        failure.sqlState(),
                        String.valueOf(failure.getMessage()),
                        thrown)
                : failure;
    }
}
