package io.millrace.cli;

import java.time.Duration;

/**
 * How far an ingestion has come, or how it ended.
 *
 * @param documents read so far, whatever became of them
 * @param acknowledgedBefore documents among them that an earlier run had sent, by its journal
 * @param accepted by the server, in this run
 * @param completed jobs whose document is in the graph
 * @param failed documents that could not be read, were refused, or whose job failed
 * @param chunks of the completed jobs
 */
record Tally(
        long documents,
        long acknowledgedBefore,
        long accepted,
        long completed,
        long failed,
        long chunks,
        Duration elapsed) {

    double documentsPerSecond() {
        return Format.perSecond(documents, elapsed);
    }

    /** For one that waited for its jobs. */
    String waitedText() {
        return "%s, %s, %s completed, %s failed in %s (%s documents/s)"
                .formatted(
                        documentsText(),
                        Format.count(chunks, "chunk"),
                        Format.count(completed),
                        Format.count(failed),
                        Format.seconds(elapsed),
                        Format.rate(documentsPerSecond()));
    }

    private String documentsText() {
        var all = Format.count(documents, "document");
        return acknowledgedBefore == 0 ? all : "%s (%s sent before)".formatted(all, Format.count(acknowledgedBefore));
    }

    /** For one that did not. */
    String acceptedText() {
        return "%s, %s accepted, %s failed in %s (%s documents/s)"
                .formatted(
                        documentsText(),
                        Format.count(accepted),
                        Format.count(failed),
                        Format.seconds(elapsed),
                        Format.rate(documentsPerSecond()));
    }
}
