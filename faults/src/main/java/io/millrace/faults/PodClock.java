package io.millrace.faults;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The clock of a pod, ten minutes ahead or behind for a while; the id of a job that it mints says what time it is there. */
final class PodClock {

    private static final Duration OFFSET = Duration.ofMinutes(10);

    private final Poster poster;
    private final Duration lease;
    private final Random random;

    PodClock(Poster poster, Duration lease, Random random) {
        this.poster = poster;
        this.lease = lease;
        this.random = random;
    }

    /** Gives what proves that it was off; null when the pod minted nothing. */
    @Nullable
    String move(PodProcess pod) {
        var clock = pod.clock().orElseThrow();
        var offset = random.nextBoolean() ? OFFSET : OFFSET.negated();
        clock.set(offset);
        try {
            var seconds = pod.address()
                    .flatMap(poster::postTo)
                    .map(PodClock::secondsAhead)
                    .orElse(0L);
            Waiting.pass(lease.multipliedBy(1 + random.nextInt(3)).dividedBy(3));
            return Math.abs(seconds - offset.toSeconds()) < OFFSET.toSeconds() / 2
                    ? "a job that %s minted was %+d s off".formatted(pod.name(), seconds)
                    : null;
        } finally {
            clock.set(Duration.ZERO);
        }
    }

    /** A UUID of version 7 begins with the milliseconds since 1970. */
    private static long secondsAhead(UUID minted) {
        var at = Instant.ofEpochMilli(minted.getMostSignificantBits() >>> 16);
        return Duration.between(Instant.now(), at).toSeconds();
    }
}
