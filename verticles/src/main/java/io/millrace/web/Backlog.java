package io.millrace.web;

import java.time.Duration;

/**
 * How fast the documents that wait become fewer: a mean of what was measured, in which a measurement counts for less the
 * longer ago it was. It tells those who are turned away when it is worth coming back.
 */
final class Backlog {

    static final Duration SHORTEST = Duration.ofSeconds(1);
    static final Duration LONGEST = Duration.ofMinutes(1);

    /** After so long a measurement counts for a third. */
    private static final double MEMORY_SECONDS = 10;

    /** Coming back just below the bound would only mean to be turned away again. */
    private static final double WORTH_COMING = 0.9;

    private long lastCommitted;
    private long lastNanos;
    private boolean measured;
    private double perSecond;

    /** @param committed documents that the chunk stage has read, all in all */
    void measure(long committed, long nanos) {
        var seconds = (nanos - lastNanos) / 1e9;
        if (measured && seconds > 0) {
            // A seek back reads documents again: no progress, but no reason for a rate below nothing either.
            var now = Math.max(0, committed - lastCommitted) / seconds;
            var weight = 1 - Math.exp(-seconds / MEMORY_SECONDS);
            perSecond += weight * (now - perSecond);
        }
        measured = true;
        lastCommitted = committed;
        lastNanos = nanos;
    }

    /** When fewer than the most will wait. */
    Duration untilBelow(long lagMax, long lag) {
        var tooMany = lag - WORTH_COMING * lagMax;
        var millis = perSecond > 0 ? Math.max(0, tooMany) / perSecond * 1_000 : Double.POSITIVE_INFINITY;
        if (millis >= LONGEST.toMillis()) {
            return LONGEST;
        }
        var wait = Duration.ofMillis((long) millis);
        return wait.compareTo(SHORTEST) < 0 ? SHORTEST : wait;
    }
}
