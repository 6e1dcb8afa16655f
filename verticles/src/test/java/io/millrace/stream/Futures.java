package io.millrace.stream;

import io.vertx.core.Future;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for futures from a test's own thread. */
final class Futures {

    private Futures() {}

    static <T> T get(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("no answer within 30 seconds", e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** What a future fails with; an error when it does not. */
    static Throwable failure(Future<?> future) {
        try {
            var answer = future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
            throw new AssertionError("succeeded with " + answer);
        } catch (ExecutionException e) {
            return Objects.requireNonNull(e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("no answer within 30 seconds", e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
