package io.millrace.cli;

import java.time.Duration;
import java.util.Optional;

/**
 * When a request that brought nothing is sent again: after a pause that doubles, or that the server names.
 *
 * @param attemptsMax requests in all, without progress between them
 * @param pauseMin the first of the doubling pauses
 * @param pauseMax the longest of them
 * @param retryAfterMax of the pauses that the server names, lest a wrong header stop everything
 * @param patience for a server that names pauses, whatever the attempts: it is there, and has too much to do
 */
record RetryPolicy(int attemptsMax, Duration pauseMin, Duration pauseMax, Duration retryAfterMax, Duration patience) {

    /** Some 45 seconds without progress: a server that restarts or fails over is back by then. */
    static final RetryPolicy DEFAULT = new RetryPolicy(
            10, Duration.ofMillis(250), Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofMinutes(5));

    /**
     * The pause after so many attempts; empty when another one is of no use.
     *
     * @param waited in all the pauses so far
     */
    Optional<Duration> pauseAfter(int attempts, Duration waited, ClientException reason) {
        if (!mayPass(reason)) {
            return Optional.empty();
        }
        if (reason instanceof ApiException answer && answer.retryAfter().isPresent()) {
            return waited.compareTo(patience) < 0
                    ? Optional.of(named(answer.retryAfter().get()))
                    : Optional.empty();
        }
        return attempts < attemptsMax
                ? Optional.of(shorter(pauseMin.multipliedBy(1L << Math.min(attempts - 1, 30)), pauseMax))
                : Optional.empty();
    }

    private static boolean mayPass(ClientException reason) {
        return switch (reason) {
            case ApiException answer -> answer.passing();
            case UnreachableException unreachable -> unreachable.answeredBefore();
        };
    }

    /** Never none at all: a server that says 0 would be asked without end. */
    private Duration named(Duration pause) {
        return pause.compareTo(pauseMin) < 0 ? pauseMin : shorter(pause, retryAfterMax);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
