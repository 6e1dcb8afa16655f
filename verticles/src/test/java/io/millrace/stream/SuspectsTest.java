package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class SuspectsTest {

    private static final int BATCH = 4_000;
    private static final int ATTEMPTS = 3;

    private static Claim claim(long committed, int uncleanClaims, long trialOffset, long trialEnd, int trials) {
        return new Claim(0, 1, 0, committed, OffsetRanges.of(), uncleanClaims, trialOffset, trialEnd, trials);
    }

    private static Suspects of(Claim claim) {
        return Suspects.of(claim, BATCH, 100_000);
    }

    @Test
    void oneUncleanEndIsNoReasonToSuspectAnything() {
        var suspects = of(claim(7, 1, -1, -1, 0));
        assertThat(suspects.hold(7)).isFalse();
        assertThat(suspects.limit(7, BATCH)).isEqualTo(BATCH);
    }

    @Test
    void afterTwoWhatOneBatchMayHaveHeldIsTriedAnEighthAtATime() {
        var suspects = of(claim(7, 2, -1, -1, 0));
        assertThat(suspects.limit(7, BATCH)).isEqualTo(500);
        assertThat(suspects.limit(4_000, BATCH)).isEqualTo(7);
        assertThat(suspects.hold(4_007)).isFalse();
    }

    @Test
    void whatWasNotThereEndedNothing() {
        var suspects = Suspects.of(claim(7, 2, -1, -1, 0), BATCH, 23);
        assertThat(suspects.limit(7, BATCH)).isEqualTo(2);
        assertThat(suspects.hold(23)).isFalse();
    }

    @Test
    void ofATrialThatEndedItsProcessAnEighthComesNext() {
        var suspects = of(claim(7, 3, 7, 507, 1));
        assertThat(suspects.limit(7, BATCH)).isEqualTo(62);
        assertThat(suspects.hold(506)).isTrue();
        assertThat(suspects.hold(507)).isFalse();
    }

    @Test
    void aTrialElsewhereIsHistory() {
        assertThat(of(claim(8, 1, 7, 507, 1)).hold(8)).isFalse();
    }

    @Test
    void onlyWhatWasTriedAloneIsCondemned() {
        assertThat(of(claim(7, 5, 7, 8, 3)).condemn(7, ATTEMPTS)).isTrue();
        assertThat(of(claim(7, 5, 7, 8, 2)).condemn(7, ATTEMPTS)).isFalse();
        assertThat(of(claim(7, 5, 7, 9, 3)).condemn(7, ATTEMPTS)).isFalse();
        assertThat(of(claim(7, 5, 7, 8, 3)).condemn(8, ATTEMPTS)).isFalse();
    }

    @Property
    void whoeverEndsEveryProcessIsFoundAndNobodyElse(
            @ForAll @IntRange(min = 1, max = 10_000) int records,
            @ForAll @LongRange(min = 0, max = 9_999) long anywhere) {
        var culprit = anywhere % records;
        var log = new Partition(records, culprit);
        while (log.committed < records) {
            log.runUntilTheProcessEnds();
        }
        assertThat(log.condemned).containsExactly(culprit);
        // Two to be suspected, one for each eighth (500, 62, 7), and three alone.
        assertThat(log.ends).isLessThanOrEqualTo(2 + 3 + ATTEMPTS);
    }

    /** A partition whose reader dies of one of its records, and what claims and marks remember of that. */
    private static final class Partition {
        private final long records;
        private final long culprit;
        private final List<Long> condemned = new ArrayList<>();
        private int ends;
        private long committed;
        private long uncleanOffset = -1;
        private int uncleanClaims;
        private long trialOffset = -1;
        private long trialEnd = -1;
        private int trials;

        Partition(long records, long culprit) {
            this.records = records;
            this.culprit = culprit;
        }

        void runUntilTheProcessEnds() {
            var unclean = uncleanOffset == committed ? uncleanClaims : 0;
            var suspects = Suspects.of(claim(committed, unclean, trialOffset, trialEnd, trials), BATCH, records);
            while (committed < records) {
                if (suspects.condemn(committed, ATTEMPTS)) {
                    condemned.add(committed);
                    committed++;
                    continue;
                }
                var to = Math.min(records, committed + suspects.limit(committed, BATCH));
                var marked = suspects.hold(committed);
                if (marked) {
                    trials = trialOffset == committed && trialEnd == to ? trials : 0;
                    trialOffset = committed;
                    trialEnd = to;
                }
                if (committed <= culprit && culprit < to) {
                    end(marked);
                    return;
                }
                committed = to;
            }
        }

        private void end(boolean marked) {
            ends++;
            uncleanClaims = uncleanOffset == committed ? uncleanClaims + 1 : 1;
            uncleanOffset = committed;
            trials += marked ? 1 : 0;
        }
    }
}
