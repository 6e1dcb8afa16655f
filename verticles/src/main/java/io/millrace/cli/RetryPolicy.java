package io.millrace.cli;

import java.time.Duration;
import java.util.Optional;

/**
 * When a request that brought nothing is sent again: after a pause that doubles, or that the server names.
 *
 * @param attemptsMax requests in all, without progress between them
 * @param pauseMax of the doubling pauses
 * @param retryAfterMax of the pauses that the server names, lest a wrong header stop everything
 */
record RetryPolicy(int attemptsMax, Duration pauseMin, Duration pauseMax, Duration retryAfterMax) {

    /** Some 45 seconds without progress: a server that restarts or fails over is back by then. */
    static final RetryPolicy DEFAULT =
            new RetryPolicy(10, Duration.ofMillis(250), Duration.ofSeconds(10), Duration.ofSeconds(60));

    /** The pause after so many attempts; empty when another one is of no use. */
    Optional<Duration> pauseAfter(int attempts, ClientException reason) {
        if (attempts >= attemptsMax || !mayPass(reason)) {
            return Optional.empty();
        }
        return Optional.of(
                reason instanceof ApiException answer && answer.retryAfter().isPresent()
                        ? shorter(answer.retryAfter().get(), retryAfterMax)
                        : shorter(pauseMin.multipliedBy(1L << Math.min(attempts - 1, 30)), pauseMax));
    }

    private static boolean mayPass(ClientException reason) {
        return switch (reason) {
            case ApiException answer -> answer.passing();
            case UnreachableException unreachable -> unreachable.answeredBefore();
        };
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
