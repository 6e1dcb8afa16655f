package io.millrace.cli;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Lets time pass; in tests, without any passing. */
@FunctionalInterface
interface Sleeper {

    Sleeper PARKING = duration -> {
        var end = System.nanoTime() + duration.toNanos();
        // Parking may end early for no reason, hence the loop.
        for (var left = duration.toNanos(); left > 0 && !Thread.currentThread().isInterrupted(); ) {
            LockSupport.parkNanos(left);
            left = end - System.nanoTime();
        }
    };

    void sleep(Duration duration);
}
