package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BacklogTest {

    private static final long SECOND = 1_000_000_000L;

    private final Backlog backlog = new Backlog();

    @Test
    void theTimeIsWhatTheMeasuredRateNeeds() {
        measure(60, 100);
        // 2,000 wait, 1,000 may; back at 900, after 11 s.
        assertThat(backlog.untilBelow(1_000, 2_000)).isCloseTo(Duration.ofSeconds(11), Duration.ofMillis(200));
    }

    @Test
    void aRateThatChangedIsFollowed() {
        measure(60, 100);
        var before = backlog.untilBelow(1_000, 2_000);
        for (var i = 61; i <= 120; i++) {
            backlog.measure(6_000 + (i - 60) * 1_000L, i * SECOND);
        }
        assertThat(backlog.untilBelow(1_000, 2_000)).isLessThan(before.dividedBy(5));
    }

    @Test
    void nobodyIsSentAwayForLessThanASecondOrMoreThanAMinute() {
        assertThat(backlog.untilBelow(1_000, 2_000)).isEqualTo(Backlog.LONGEST);
        measure(60, 100);
        assertThat(backlog.untilBelow(1_000, 900)).isEqualTo(Backlog.SHORTEST);
        assertThat(backlog.untilBelow(1_000, 1_000_000_000)).isEqualTo(Backlog.LONGEST);
    }

    @Test
    void aSeekBackIsNoRateBelowNothing() {
        measure(60, 100);
        backlog.measure(0, 61 * SECOND);
        assertThat(backlog.untilBelow(1_000, 2_000)).isBetween(Backlog.SHORTEST, Backlog.LONGEST);
    }

    private void measure(int seconds, long perSecond) {
        for (var i = 0; i <= seconds; i++) {
            backlog.measure(i * perSecond, i * SECOND);
        }
    }
}
