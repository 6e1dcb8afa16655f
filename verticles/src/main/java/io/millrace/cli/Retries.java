package io.millrace.cli;

import java.time.Duration;
import java.util.function.Supplier;

/** Sends requests again as the policy has it, and tells that it waits. */
final class Retries {

    @FunctionalInterface
    interface Listener {
        void waiting(ClientException reason, Duration pause);
    }

    private final RetryPolicy policy;
    private final Sleeper sleeper;
    private final Listener listener;

    Retries(RetryPolicy policy, Sleeper sleeper, Listener listener) {
        this.policy = policy;
        this.sleeper = sleeper;
        this.listener = listener;
    }

    <T> T call(Supplier<T> request) {
        for (var attempts = new Attempts(); ; ) {
            try {
                return request.get();
            } catch (ClientException e) {
                attempts.pauseOrThrow(e);
            }
        }
    }

    /** Attempts at one thing, without any progress between them. */
    final class Attempts {
        private int count = 1;
        private Duration waited = Duration.ZERO;

        /** Waits before the next attempt; throws the reason when there is none. */
        void pauseOrThrow(ClientException reason) {
            var pause = policy.pauseAfter(count, waited, reason).orElseThrow(() -> reason);
            listener.waiting(reason, pause);
            sleeper.sleep(pause);
            waited = waited.plus(pause);
            count++;
        }
    }
}
