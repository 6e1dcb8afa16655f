package io.millrace.stream;

import java.time.Duration;

/**
 * How patient a runner is.
 *
 * @param maxAttempts how often a record is tried alone before it goes to the dead-letter topic
 * @param retryDelay pause before the second attempt; doubles with each, up to {@code maxRetryDelay}
 */
public record RunnerSettings(int maxAttempts, Duration retryDelay, Duration maxRetryDelay) {

    public static final RunnerSettings DEFAULT = new RunnerSettings(3, Duration.ofMillis(200), Duration.ofSeconds(10));

    /** Pause before another attempt, after so many failed ones. */
    Duration delayAfter(int failures) {
        var doubled = retryDelay.multipliedBy(1L << Math.min(failures - 1, 16));
        return doubled.compareTo(maxRetryDelay) < 0 ? doubled : maxRetryDelay;
    }
}
