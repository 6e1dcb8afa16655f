package io.millrace.web;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.millrace.MillraceException;
import io.millrace.MillraceException.Overloaded;
import io.millrace.MillraceException.QuotaExceeded;
import io.millrace.jobs.JobStore.OpenJobs;
import io.millrace.web.OpenDocuments.Size;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OpenDocumentsTest {

    private static final Size ONE = new Size(1, 10);

    private final OpenDocuments open = new OpenDocuments(new AdmissionLimits(100, 40, 1_000));

    @Test
    void aWorkspaceHasItsQuotaAndTheOthersHaveTheirs() {
        assertThat(accepted(open, "loud", ONE)).isEqualTo(40);
        assertThat(accepted(open, "second", ONE)).isEqualTo(40);
        assertThat(accepted(open, "third", ONE)).isEqualTo(20);

        assertThat(open.refusal("loud", ONE, 0))
                .asInstanceOf(type(QuotaExceeded.class))
                .satisfies(refusal -> {
                    assertThat(refusal.detail()).contains("Workspace loud has 40", "40 documents or 1000 bytes");
                    assertThat(refusal.context()).containsEntry("workspace", "loud");
                });
        assertThat(open.refusal("third", ONE, 0)).isInstanceOf(Overloaded.class);
        assertThat(open.refusal("fourth", ONE, 0)).isInstanceOf(Overloaded.class);
    }

    @Test
    void largeDocumentsUseTheQuotaUpByTheirBytes() {
        assertThat(accepted(open, "loud", new Size(1, 300))).isEqualTo(3);
    }

    @Test
    void aRequestBeyondTheQuotaIsTakenWhenNothingElseIsOpen() {
        var large = new Size(500, 50_000);
        assertThat(accepted(open, "loud", large)).isEqualTo(1);
        sample(open, 1);
        assertThat(open.refusal("loud", large, 0)).isNull();
        open.send("loud", ONE);
        assertThat(open.refusal("loud", large, 0)).isNotNull();
    }

    @Test
    void whatIsNotStoredGivesItsRoomBack() {
        accepted(open, "loud", ONE);
        open.notStored("loud", ONE);
        assertThat(open.refusal("loud", ONE, 0)).isNull();
    }

    @Test
    void aSampleCountsWhatOthersAcceptedAndNothingTwice() {
        open.send("loud", ONE);
        open.stored("loud", ONE);
        open.send("loud", ONE);
        open.beginSample();
        open.send("loud", ONE);
        open.stored("loud", ONE);
        // 30 of which one is our own; a second one is on its way still, and a third was stored behind the sample's
        // back.
        open.sampled(List.of(new OpenJobs("loud", 30, 300, 0)), 0);
        assertThat(accepted(open, "loud", ONE)).isEqualTo(8);
    }

    @Test
    void zeroIsNoQuota() {
        var unlimited = new OpenDocuments(new AdmissionLimits(100, 0, 0));
        assertThat(accepted(unlimited, "loud", ONE)).isEqualTo(100);
    }

    /** The last stage ends so many documents a second, in lumps; the client sends as much as it may, as soon as it may. */
    @Property(tries = 300)
    void whoComesBackAfterTheTimeThatHeWasToldIsAccepted(
            @ForAll @IntRange(min = 20, max = 5_000) int perSecond,
            @ForAll @IntRange(min = 1, max = 8) int lumpSeconds,
            @ForAll @IntRange(min = 1, max = 10) int quotaTenthSeconds,
            @ForAll @IntRange(min = 1, max = 10) int documents) {
        // A tenth of the quota is what has to end; not more than the longest time that anybody is told.
        var quota = Math.max(200, perSecond * lumpSeconds * quotaTenthSeconds);
        var stage =
                new Stage(new OpenDocuments(new AdmissionLimits(Integer.MAX_VALUE, quota, 0)), perSecond, lumpSeconds);
        var request = new Size(documents, 0);
        stage.fill(request);
        stage.pass(Duration.ofSeconds(2L * lumpSeconds));
        for (var turn = 0; turn < 20; turn++) {
            stage.fill(request);
            var refusal = (QuotaExceeded) requireNonNull(stage.refusal(request));
            // As the header says it: whole seconds, rounded up.
            stage.pass(Duration.ofSeconds(
                    refusal.retryAfter().plusSeconds(1).minusNanos(1).toSeconds()));
            assertThat(stage.refusal(request))
                    .as("turn %d, %s", turn, refusal.retryAfter())
                    .isNull();
        }
    }

    /** A stage that ends what was accepted in lumps, and the samples that are taken of it. */
    private static final class Stage {
        private static final Duration SAMPLE = Duration.ofMillis(500);

        private final OpenDocuments open;
        private final int perSecond;
        private final int lumpSeconds;
        private long nanos;
        private long accepted;
        private long ended;

        Stage(OpenDocuments open, int perSecond, int lumpSeconds) {
            this.open = open;
            this.perSecond = perSecond;
            this.lumpSeconds = lumpSeconds;
        }

        @Nullable
        MillraceException refusal(Size request) {
            return open.refusal("loud", request, nanos);
        }

        void fill(Size request) {
            while (refusal(request) == null) {
                open.send("loud", request);
                open.stored("loud", request);
                accepted += request.documents();
            }
        }

        void pass(Duration time) {
            for (var until = nanos + time.toNanos(); nanos < until; ) {
                var second = nanos / 1_000_000_000;
                nanos += SAMPLE.toNanos();
                var next = nanos / 1_000_000_000;
                if (next > second && next % lumpSeconds == 0) {
                    ended = Math.min(accepted, ended + (long) perSecond * lumpSeconds);
                }
                open.beginSample();
                open.sampled(List.of(new OpenJobs("loud", accepted - ended, 0, ended)), nanos);
            }
        }
    }

    /** How many such requests there is room for. */
    private static int accepted(OpenDocuments open, String workspace, Size request) {
        var accepted = 0;
        for (; open.refusal(workspace, request, 0) == null; accepted++) {
            open.send(workspace, request);
        }
        return accepted;
    }

    /** All that was open has ended. */
    private static void sample(OpenDocuments open, long nanos) {
        open.stored("loud", new Size(500, 50_000));
        open.beginSample();
        open.sampled(List.of(), nanos);
    }
}
