package io.millrace.web;

import java.time.Duration;

/**
 * How fast the documents that wait become fewer: a mean of what was measured, in which a measurement counts for less the
 * longer ago it was, and the longest time lately in which none ended. It tells those who are turned away when it is worth
 * coming back.
 *
 * <p>The second is needed because jobs end in lumps, with the batch of the last stage that holds them: three hundred every
 * three seconds are a hundred a second, but in the next second there may be none.
 */
final class Backlog {

    static final Duration SHORTEST = Duration.ofSeconds(1);
    static final Duration LONGEST = Duration.ofMinutes(1);

    /** After so long a measurement counts for a third. */
    private static final double MEMORY_SECONDS = 5;

    /** After so long in which there were no longer ones, a lull counts for a third of its length. */
    private static final double LULL_MEMORY_SECONDS = 30;

    /** No two lulls are equally long; who comes as the last one would have ended comes too early as often as not. */
    private static final double LULL_MARGIN = 1.25;

    /** Nobody looked for longer than this, so nobody knows how long there was work in that time. */
    private static final double UNWATCHED_SECONDS = 15;

    private long lastEnded;
    private long lastNanos;
    private long progressNanos;
    private boolean measured;
    private double sum;
    /** What the measurements count for together: below 1 while there are few, whose mean would be too small otherwise. */
    private double weights;

    private double lullSeconds;

    /**
     * A measurement.
     *
     * @param ended documents that have ended, all in all
     * @return how many of them since the last one
     */
    long measure(long ended, long nanos) {
        var seconds = seconds(lastNanos, nanos);
        // A job that is opened again is no progress, but no reason for a rate below nothing either.
        var more = measured ? Math.max(0, ended - lastEnded) : 0;
        if (!measured || seconds > UNWATCHED_SECONDS) {
            progressNanos = nanos;
        } else if (seconds > 0) {
            var weight = 1 - Math.exp(-seconds / MEMORY_SECONDS);
            sum += weight * (more / seconds - sum);
            weights += weight * (1 - weights);
            if (more > 0) {
                // Forgotten only while there is progress: what one lump of all that waited has told still holds for the
                // next.
                var lull = seconds(progressNanos, nanos);
                lullSeconds = Math.max(lull, lullSeconds * Math.exp(-lull / LULL_MEMORY_SECONDS));
                progressNanos = nanos;
            }
        }
        measured = true;
        lastEnded = ended;
        lastNanos = nanos;
        return more;
    }

    /** Nothing waits: that nothing ends now is no lull. */
    void idle(long nanos) {
        progressNanos = nanos;
        lastNanos = nanos;
    }

    private static double seconds(long from, long to) {
        return (to - from) / 1e9;
    }

    /** When so many fewer will wait. */
    Duration untilFewer(double documents, long nanos) {
        var quiet = measured ? seconds(progressNanos, nanos) : 0;
        // Of a lull that is longer than any before, the best guess is that half of it is over.
        var expected = LULL_MARGIN * lullSeconds;
        var lull = quiet < expected ? expected - quiet : quiet;
        var wait = documents <= 0 ? 0 : Math.max(lull, sum > 0 ? documents / (sum / weights) : 0);
        return Duration.ofMillis(Math.clamp((long) (wait * 1_000), SHORTEST.toMillis(), LONGEST.toMillis()));
    }
}
