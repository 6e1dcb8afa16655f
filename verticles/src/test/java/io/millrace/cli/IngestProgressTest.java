package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class IngestProgressTest {

    private final FakeTime time = new FakeTime();
    private final StringWriter err = new StringWriter();

    @Test
    void aWatcherSeesABarThatIsDrawnOver() {
        var progress = progress(new Terminal(true, false, true), OptionalLong.of(40));

        time.sleep(Duration.ofMillis(100));
        progress.progressed(tally(40, 19, 1));
        progress.end();

        var bar = "████████████░░░░░░░░░░░░  50%  19 of 40 completed, 1 failed, 1.5 s";
        assertThat(err.toString()).isEqualTo("\r" + bar + "\r" + " ".repeat(bar.length()) + "\r");
    }

    @Test
    void theBarIsNotDrawnMoreOftenThanAnyoneCanSee() {
        var progress = progress(new Terminal(true, false, true), OptionalLong.empty());

        for (var i = 0; i < 100; i++) {
            time.sleep(Duration.ofMillis(10));
            progress.progressed(tally(1_000, 500, 0));
        }

        assertThat(err.toString().split("\r", -1)).hasSize(11);
        assertThat(err.toString()).contains("1,000 sent, 500 completed, 0 failed, 1.5 s");
    }

    @Test
    void aFailureStandsOnALineOfItsOwn() {
        var progress = progress(new Terminal(true, false, false), OptionalLong.of(2));

        time.sleep(Duration.ofSeconds(1));
        progress.progressed(tally(2, 1, 0));
        progress.failed("a.txt", "not UTF-8");

        assertThat(err.toString()).matches("(?s)\r############-{12}  50%  1 of 2 [^\r]*\r +\ra.txt: not UTF-8\n");
    }

    @Test
    void aLogSeesALineEveryFewSeconds() {
        var progress = progress(Terminal.NONE, OptionalLong.of(40));

        for (var i = 0; i < 100; i++) {
            time.sleep(Duration.ofMillis(100));
            progress.progressed(tally(40, 20, 0));
        }

        assertThat(err.toString().lines())
                .hasSize(2)
                .containsOnly("40 documents, 20 chunks, 20 completed, 0 failed in 1.5 s (26.7 documents/s)");
    }

    private IngestProgress progress(Terminal terminal, OptionalLong total) {
        return new IngestProgress(new PrintWriter(err, true), terminal, time, total, true, (label, job) -> {});
    }

    private static Tally tally(long documents, long completed, long failed) {
        return new Tally(documents, 0, documents, completed, failed, completed, Duration.ofMillis(1500));
    }
}
