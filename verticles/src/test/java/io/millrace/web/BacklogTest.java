package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BacklogTest {

    private static final long SECOND = 1_000_000_000L;

    private final Backlog backlog = new Backlog();
    private long last;

    @Test
    void theTimeIsWhatTheMeasuredRateNeeds() {
        measure(60, 100);
        assertThat(backlog.untilFewer(1_100, last)).isCloseTo(Duration.ofSeconds(11), Duration.ofMillis(10));
    }

    @Test
    void twoMeasurementsAreEnoughForARate() {
        measure(1, 100);
        assertThat(backlog.untilFewer(1_100, last)).isCloseTo(Duration.ofSeconds(11), Duration.ofMillis(10));
    }

    @Test
    void aRateThatChangedIsFollowed() {
        measure(60, 100);
        var before = backlog.untilFewer(1_100, last);
        for (var i = 61; i <= 120; i++) {
            backlog.measure(6_000 + (i - 60) * 1_000L, i * SECOND);
        }
        assertThat(backlog.untilFewer(1_100, 120 * SECOND)).isLessThan(before.dividedBy(5));
    }

    @Test
    void whatEndsInLumpsIsWaitedFor() {
        for (var i = 0; i <= 60; i++) {
            backlog.measure(i / 4 * 400L, i * SECOND);
        }
        // And a quarter longer.
        assertThat(backlog.untilFewer(10, 60 * SECOND)).isCloseTo(Duration.ofSeconds(5), Duration.ofMillis(100));
        assertThat(backlog.untilFewer(10, 64 * SECOND)).isEqualTo(Backlog.SHORTEST);
    }

    @Test
    void whileNothingEndsThePausesGrowWithTheLull() {
        backlog.measure(0, 0);
        assertThat(backlog.untilFewer(10, SECOND)).isEqualTo(Duration.ofSeconds(1));
        assertThat(backlog.untilFewer(10, 20 * SECOND)).isEqualTo(Duration.ofSeconds(20));
        assertThat(backlog.untilFewer(10, 200 * SECOND)).isEqualTo(Backlog.LONGEST);
    }

    @Test
    void aTimeInWhichNobodyLookedIsNoLull() {
        measure(60, 100);
        backlog.measure(6_010, 1_000 * SECOND);
        assertThat(backlog.untilFewer(1_100, 1_000 * SECOND)).isCloseTo(Duration.ofSeconds(11), Duration.ofMillis(10));
    }

    @Test
    void nobodyIsSentAwayForLessThanASecondOrMoreThanAMinute() {
        measure(60, 100);
        assertThat(backlog.untilFewer(0, last)).isEqualTo(Backlog.SHORTEST);
        assertThat(backlog.untilFewer(-100, last)).isEqualTo(Backlog.SHORTEST);
        assertThat(backlog.untilFewer(1e12, last)).isEqualTo(Backlog.LONGEST);
    }

    @Test
    void jobsThatAreOpenedAgainAreNoRateBelowNothing() {
        measure(60, 100);
        assertThat(backlog.measure(0, 61 * SECOND)).isZero();
        assertThat(backlog.untilFewer(1_000, 61 * SECOND)).isBetween(Backlog.SHORTEST, Backlog.LONGEST);
    }

    private void measure(int seconds, long perSecond) {
        for (var i = 0; i <= seconds; i++) {
            last = i * SECOND;
            backlog.measure(i * perSecond, last);
        }
    }
}
