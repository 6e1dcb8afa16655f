package io.millrace.cli;

import java.time.Duration;

/**
 * How far an ingestion has come, or how it ended.
 *
 * @param documents read so far, whatever became of them
 * @param accepted by the server
 * @param completed jobs whose document is in the graph
 * @param failed documents that could not be read, were refused, or whose job failed
 * @param chunks of the completed jobs
 */
record Tally(long documents, long accepted, long completed, long failed, long chunks, Duration elapsed) {

    double documentsPerSecond() {
        return Format.perSecond(documents, elapsed);
    }

    /** For one that waited for its jobs. */
    String waitedText() {
        return "%s, %s, %s completed, %s failed in %s (%s documents/s)"
                .formatted(
                        Format.count(documents, "document"),
                        Format.count(chunks, "chunk"),
                        Format.count(completed),
                        Format.count(failed),
                        Format.seconds(elapsed),
                        Format.rate(documentsPerSecond()));
    }

    /** For one that did not. */
    String acceptedText() {
        return "%s, %s accepted, %s failed in %s (%s documents/s)"
                .formatted(
                        Format.count(documents, "document"),
                        Format.count(accepted),
                        Format.count(failed),
                        Format.seconds(elapsed),
                        Format.rate(documentsPerSecond()));
    }
}
