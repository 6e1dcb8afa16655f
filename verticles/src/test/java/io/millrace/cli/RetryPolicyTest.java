package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {

    private static final RetryPolicy POLICY = new RetryPolicy(
            6, Duration.ofMillis(250), Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofMinutes(5));

    @Test
    void pausesDoubleUpToALimitAndThenEnd() {
        assertThat(List.of(1, 2, 3, 4, 5, 6))
                .extracting(attempts -> POLICY.pauseAfter(attempts, Duration.ZERO, answer(503, null))
                        .map(Duration::toMillis)
                        .orElse(-1L))
                .containsExactly(250L, 500L, 1_000L, 1_000L, 1_000L, -1L);
    }

    @Test
    void theServersPauseCountsUpToALimit() {
        assertThat(POLICY.pauseAfter(1, Duration.ZERO, answer(429, Duration.ofSeconds(30))))
                .contains(Duration.ofSeconds(30));
        assertThat(POLICY.pauseAfter(1, Duration.ZERO, answer(429, Duration.ofDays(1))))
                .contains(Duration.ofSeconds(60));
    }

    @Test
    void aServerThatNamesPausesIsWaitedForWhateverTheAttempts() {
        var busy = answer(429, Duration.ofSeconds(1));

        assertThat(POLICY.pauseAfter(1_000, Duration.ofSeconds(299), busy)).contains(Duration.ofSeconds(1));
        assertThat(POLICY.pauseAfter(1, Duration.ofMinutes(5), busy)).isEmpty();
    }

    @Test
    void aPauseOfZeroIsNotTakenAtItsWord() {
        assertThat(POLICY.pauseAfter(1, Duration.ZERO, answer(503, Duration.ZERO)))
                .contains(Duration.ofMillis(250));
    }

    @Test
    void onlyWhatMayPassIsTriedAgain() {
        assertThat(List.of(400, 401, 404, 409, 413, 422, 500))
                .allSatisfy(status -> assertThat(POLICY.pauseAfter(1, Duration.ZERO, answer(status, null)))
                        .isEmpty());
        assertThat(List.of(429, 502, 503, 504))
                .allSatisfy(status -> assertThat(POLICY.pauseAfter(1, Duration.ZERO, answer(status, null)))
                        .isPresent());
    }

    @Test
    void aServerIsWaitedForOnlyIfItHasBeenThere() {
        assertThat(POLICY.pauseAfter(1, Duration.ZERO, gone(true))).isPresent();
        assertThat(POLICY.pauseAfter(1, Duration.ZERO, gone(false))).isEmpty();
    }

    private static ApiException answer(int status, @Nullable Duration retryAfter) {
        return new ApiException(status, "code", "Title", "Detail.", List.of(), retryAfter);
    }

    private static UnreachableException gone(boolean answeredBefore) {
        return new UnreachableException(URI.create("http://x"), answeredBefore, new IOException("gone"));
    }
}
