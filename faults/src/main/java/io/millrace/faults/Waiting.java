package io.millrace.faults;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Ways for the harness's own threads to wait. */
final class Waiting {

    private static final Duration POLL = Duration.ofMillis(10);

    private Waiting() {}

    /** Polls until something is so; false when it is not within the limit. */
    static boolean until(Duration limit, BooleanSupplier reached) {
        var deadline = System.nanoTime() + limit.toNanos();
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() > deadline || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        return true;
    }

    /** Lets a time pass, or less when the thread is interrupted. */
    static void pass(Duration time) {
        until(time, () -> false);
    }
}
