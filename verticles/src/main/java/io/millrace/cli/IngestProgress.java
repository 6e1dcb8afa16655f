package io.millrace.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.BiConsumer;

/**
 * Shows on standard error how an ingestion goes: as a bar that is drawn over while somebody watches, else as a line every
 * few seconds; and each failure as a line, up to a limit.
 */
final class IngestProgress implements Ingestion.Listener {

    private static final Duration REDRAW = Duration.ofMillis(100);
    private static final Duration LINE = Duration.ofSeconds(5);
    private static final int FAILURES_MAX = 20;
    private static final int BAR_COLUMNS = 24;

    private final PrintWriter err;
    private final Terminal terminal;
    private final InstantSource clock;
    private final OptionalLong total;
    private final boolean waits;
    private final BiConsumer<String, UUID> accepted;

    private Instant lastShown;
    private int columnsShown;
    private long failures;

    /**
     * @param total documents that are going to come, where that is known
     * @param waits whether completed jobs are the aim, or accepted documents
     * @param accepted is handed each job
     */
    IngestProgress(
            PrintWriter err,
            Terminal terminal,
            InstantSource clock,
            OptionalLong total,
            boolean waits,
            BiConsumer<String, UUID> accepted) {
        this.err = err;
        this.terminal = terminal;
        this.clock = clock;
        this.total = total;
        this.waits = waits;
        this.accepted = accepted;
        this.lastShown = clock.instant();
    }

    @Override
    public void accepted(String label, UUID job) {
        accepted.accept(label, job);
    }

    @Override
    public void failed(String label, String reason) {
        failures++;
        if (failures <= FAILURES_MAX) {
            note(label + ": " + reason);
        }
    }

    @Override
    public void waiting(ClientException reason, Duration pause) {
        note(reason.getMessage() + "; trying again in " + Format.seconds(pause));
    }

    @Override
    public void progressed(Tally tally) {
        var now = clock.instant();
        if (Duration.between(lastShown, now).compareTo(terminal.interactive() ? REDRAW : LINE) < 0) {
            return;
        }
        lastShown = now;
        if (terminal.interactive()) {
            draw(bar(tally));
        } else {
            note(waits ? tally.waitedText() : tally.acceptedText());
        }
    }

    /** Takes the bar away, and tells of the failures that were not shown. */
    void end() {
        if (failures > FAILURES_MAX) {
            note("… and %s more failed".formatted(Format.count(failures - FAILURES_MAX)));
        }
        erase();
        err.flush();
    }

    private String bar(Tally tally) {
        var done = (waits ? tally.completed() : tally.accepted() + tally.acknowledgedBefore()) + tally.failed();
        var verb = waits ? "completed" : "accepted";
        if (total.isEmpty()) {
            return "%s sent, %s %s, %s failed, %s"
                    .formatted(
                            Format.count(tally.documents()),
                            Format.count(done - tally.failed()),
                            verb,
                            Format.count(tally.failed()),
                            Format.seconds(tally.elapsed()));
        }
        var share = (double) done / Math.max(1, total.getAsLong());
        var filled = (int) Math.min(BAR_COLUMNS, share * BAR_COLUMNS);
        return "%s%s %3.0f%%  %s of %s %s, %s failed, %s"
                .formatted(
                        terminal.bar(filled),
                        terminal.trough(BAR_COLUMNS - filled),
                        100 * Math.min(1, share),
                        Format.count(done - tally.failed()),
                        Format.count(total.getAsLong()),
                        verb,
                        Format.count(tally.failed()),
                        Format.seconds(tally.elapsed()));
    }

    /** Blanks over what was longer: no escape sequence, so that NO_COLOR holds here too. */
    private void draw(String text) {
        err.print("\r" + text + " ".repeat(Math.max(0, columnsShown - text.length())));
        err.flush();
        columnsShown = text.length();
    }

    private void erase() {
        if (columnsShown > 0) {
            err.print("\r" + " ".repeat(columnsShown) + "\r");
            columnsShown = 0;
        }
    }

    private void note(String text) {
        erase();
        err.println(text);
        err.flush();
    }
}
