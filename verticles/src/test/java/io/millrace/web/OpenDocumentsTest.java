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
import java.util.Random;
import java.util.function.DoubleSupplier;
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
        var stage = new Stage(
                new OpenDocuments(new AdmissionLimits(Integer.MAX_VALUE, quota, 0)), perSecond, () -> lumpSeconds);
        var request = new Size(documents, 0);
        stage.fill(request);
        stage.pass(Duration.ofSeconds(2L * lumpSeconds));
        for (var turn = 0; turn < 20; turn++) {
            stage.fill(request);
            var told = stage.comeBack(request);
            assertThat(stage.refusal(request)).as("turn %d, %s", turn, told).isNull();
        }
    }

    @Test
    void mostlyAlsoWhereNoTwoLumpsComeAfterTheSameTime() {
        var random = new Random(1);
        var inVain = 0;
        var returns = 0;
        for (var turn = 0; turn < 300; turn++) {
            var perSecond = random.nextInt(20, 5_000);
            var lumpSeconds = random.nextInt(1, 9);
            var quota = Math.max(200, perSecond * lumpSeconds * random.nextInt(1, 11));
            var stage = new Stage(
                    new OpenDocuments(new AdmissionLimits(Integer.MAX_VALUE, quota, 0)),
                    perSecond,
                    () -> lumpSeconds * random.nextDouble(0.7, 1.3));
            var request = new Size(1, 0);
            stage.fill(request);
            stage.pass(Duration.ofSeconds(2L * lumpSeconds));
            for (var i = 0; i < 20; i++) {
                stage.fill(request);
                stage.comeBack(request);
                returns++;
                inVain += stage.refusal(request) == null ? 0 : 1;
            }
        }
        assertThat((double) inVain / returns).isLessThan(0.05);
    }

    /** A stage that ends what was accepted in lumps, and the samples that are taken of it. */
    private static final class Stage {
        private static final Duration SAMPLE = Duration.ofMillis(500);

        private final OpenDocuments open;
        private final int perSecond;
        private final DoubleSupplier lumpSeconds;
        private double nextLump;
        private long nanos;
        private long accepted;
        private long ended;

        Stage(OpenDocuments open, int perSecond, DoubleSupplier lumpSeconds) {
            this.open = open;
            this.perSecond = perSecond;
            this.lumpSeconds = lumpSeconds;
            this.nextLump = lumpSeconds.getAsDouble();
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

        /** After the time that the header says: whole seconds, rounded up. */
        Duration comeBack(Size request) {
            var told = ((QuotaExceeded) requireNonNull(refusal(request))).retryAfter();
            pass(Duration.ofSeconds(told.plusSeconds(1).minusNanos(1).toSeconds()));
            return told;
        }

        void pass(Duration time) {
            for (var until = nanos + time.toNanos(); nanos < until; ) {
                nanos += SAMPLE.toNanos();
                while (nanos / 1e9 >= nextLump) {
                    var seconds = lumpSeconds.getAsDouble();
                    ended = Math.min(accepted, ended + (long) (perSecond * seconds));
                    nextLump += seconds;
                }
                if (accepted == ended) {
                    // It begins when there is something to do.
                    nextLump = nanos / 1e9 + lumpSeconds.getAsDouble();
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
