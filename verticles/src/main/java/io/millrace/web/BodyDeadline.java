package io.millrace.web;

import io.vertx.core.Vertx;
import java.time.Duration;

/**
 * Tells when a body comes too slowly: nothing of it for some time or, where a rate is asked for, less than that on the
 * whole. Of one event loop.
 */
final class BodyDeadline {

    private final Vertx vertx;
    private final long bytesPerSecondMin;
    private final Runnable onLate;
    private final long startNanos = System.nanoTime();
    private Duration patience;
    private long lastNanos = startNanos;
    private long bytes;
    private long timer;
    private boolean suspended;
    private boolean cancelled;

    /** @param bytesPerSecondMin that must have come on average, once the patience has passed; 0 for any */
    BodyDeadline(Vertx vertx, Duration patience, long bytesPerSecondMin, Runnable onLate) {
        this.vertx = vertx;
        this.patience = patience;
        this.bytesPerSecondMin = bytesPerSecondMin;
        this.onLate = onLate;
        schedule();
    }

    void progressed(int count) {
        lastNanos = System.nanoTime();
        bytes += count;
    }

    /** From now on so much patience, which may be more than before. */
    void patience(Duration other) {
        patience = other;
    }

    /** While nothing is read, nothing can come. */
    void suspended(boolean now) {
        suspended = now;
        lastNanos = System.nanoTime();
    }

    void cancel() {
        cancelled = true;
        vertx.cancelTimer(timer);
    }

    private void schedule() {
        timer = vertx.setTimer(Math.max(1, Duration.ofNanos(remainingNanos()).toMillis()), fired -> check());
    }

    private void check() {
        if (cancelled) {
            return;
        }
        if (suspended) {
            lastNanos = System.nanoTime();
        }
        if (remainingNanos() <= 0) {
            cancelled = true;
            onLate.run();
        } else {
            schedule();
        }
    }

    private long remainingNanos() {
        var now = System.nanoTime();
        var untilStalled = lastNanos + patience.toNanos() - now;
        if (bytesPerSecondMin == 0) {
            return untilStalled;
        }
        var earned = Duration.ofSeconds(bytes).dividedBy(bytesPerSecondMin);
        return Math.min(untilStalled, startNanos + patience.plus(earned).toNanos() - now);
    }
}
