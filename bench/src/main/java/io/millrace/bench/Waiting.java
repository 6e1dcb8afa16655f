package io.millrace.bench;

import io.vertx.core.Future;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** Ways for the benchmark's own thread to wait. */
final class Waiting {

    private static final Duration LIMIT = Duration.ofMinutes(30);
    private static final Duration STALLED = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(20);

    private Waiting() {}

    /** How much of something is done; it is done when it reaches what was waited for. */
    @FunctionalInterface
    interface Progress {
        long done() throws SQLException;
    }

    static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("nothing came of it within " + LIMIT, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Polls until the goal is reached; fails when there is no progress for two minutes. */
    static void until(String what, long goal, Progress progress) throws SQLException {
        until(what, goal, goal, progress);
    }

    /** As {@link #until}, for what may go past its goal. */
    static void untilAtLeast(String what, long goal, Progress progress) throws SQLException {
        until(what, goal, Long.MAX_VALUE, progress);
    }

    private static void until(String what, long goal, long most, Progress progress) throws SQLException {
        var last = Long.MIN_VALUE;
        var movedNanos = System.nanoTime();
        while (true) {
            var done = progress.done();
            if (done >= goal && done <= most) {
                return;
            }
            if (done != last) {
                last = done;
                movedNanos = System.nanoTime();
            } else if (System.nanoTime() - movedNanos > STALLED.toNanos()) {
                throw new IllegalStateException("%s stands at %d and should come to %d".formatted(what, done, goal));
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }
}
