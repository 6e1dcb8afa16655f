package io.millrace.stream;

import io.millrace.pg.DatabaseFailure;
import io.millrace.pg.SqlStates;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Repeats what stores nothing twice until it is known what became of it.
 *
 * <p>Once an answer has not come, a later try that does not reach the database says nothing about the first: a client was
 * told 503, nothing stored, of a document that was there, because PostgreSQL went away right behind a COMMIT. So from then
 * on only success, or values that are refused, is an answer; without one by the end, the outcome is UNKNOWN.
 */
public final class UntilKnown<T> {

    private static final Duration RETRY_DELAY = Duration.ofMillis(200);

    private final Vertx vertx;
    private final Duration patience;
    private final Supplier<Future<T>> attempt;
    private final long startNanos = System.nanoTime();
    private boolean inDoubt;

    private UntilKnown(Vertx vertx, Duration patience, Supplier<Future<T>> attempt) {
        this.vertx = vertx;
        this.patience = patience;
        this.attempt = attempt;
    }

    /**
     * The outcome of the first try that has one; a {@link DatabaseFailure} otherwise.
     *
     * @param patience how long tries go on when an answer did not come
     */
    public static <T> Future<T> run(Vertx vertx, Duration patience, Supplier<Future<T>> attempt) {
        return new UntilKnown<>(vertx, patience, attempt).next();
    }

    private Future<T> next() {
        return attempt.get().recover(thrown -> {
            var failure = SqlStates.failure(thrown);
            inDoubt |= failure.kind() == DatabaseFailure.Kind.UNKNOWN;
            // Values that are refused now were refused by the first try as well.
            if (!inDoubt || failure.kind() == DatabaseFailure.Kind.REFUSED) {
                return Future.failedFuture(failure);
            }
            return System.nanoTime() - startNanos > patience.toNanos()
                    ? Future.failedFuture(SqlStates.stillUnknown(failure))
                    : later();
        });
    }

    private Future<T> later() {
        var waited = Promise.<Void>promise();
        vertx.setTimer(RETRY_DELAY.toMillis(), fired -> waited.complete());
        return waited.future().compose(ignored -> next());
    }
}
