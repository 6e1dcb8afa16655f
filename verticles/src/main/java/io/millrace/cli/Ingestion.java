package io.millrace.cli;

import io.millrace.cli.IngestEntry.Line;
import io.millrace.cli.IngestEntry.Place;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * Brings documents to a server and, when asked to, waits until each is in the graph. Requests are bounded, one is under
 * way at a time, and only ids are kept of what was accepted, so that memory does not grow with the texts.
 */
final class Ingestion {

    /** Is told what happens, always by the thread that runs the ingestion. */
    interface Listener extends Retries.Listener {

        /** The server took the document and will work on it. */
        default void accepted(String label, UUID job) {}

        /** The document will not be in the graph, and why. */
        default void failed(String label, String reason) {}

        /** Anything went on, or was waited for. */
        default void progressed(Tally tally) {}

        @Override
        default void waiting(ClientException reason, Duration pause) {}
    }

    static final int BATCH_DOCUMENTS_MAX = 500;
    static final int BATCH_BYTES_MAX = 8 << 20;

    private static final int IDS_A_ROUND_MAX = 10 * JobList.IDS_MAX;
    private static final Duration POLL_MIN = Duration.ofMillis(50);
    private static final Duration POLL_MAX = Duration.ofMillis(500);

    private final DocumentPoster poster;
    private final JobWatch watch;
    private final boolean waits;
    private final InstantSource clock;
    private final Sleeper sleeper;
    private final Listener listener;
    private final IngestJournal journal;
    private final Instant start;

    private long documents;
    private long acknowledgedBefore;
    private long accepted;
    private long completed;
    private long failed;
    private long chunks;

    /**
     * @param waits for the jobs; otherwise it ends when all documents are accepted
     * @param journal knows what need not be sent, and is told what was acknowledged
     */
    Ingestion(
            ApiClient api,
            boolean waits,
            InstantSource clock,
            Sleeper sleeper,
            Listener listener,
            IngestJournal journal) {
        var retries = new Retries(RetryPolicy.DEFAULT, sleeper, listener);
        this.poster = new DocumentPoster(api, retries);
        this.watch = new JobWatch(api, retries);
        this.waits = waits;
        this.clock = clock;
        this.sleeper = sleeper;
        this.listener = listener;
        this.journal = journal;
        this.start = clock.instant();
    }

    /** Ends when everything has; throws when the server is gone, and then {@link #tally} tells how far it came. */
    Tally run(Iterator<? extends IngestEntry> entries) {
        return run(entries, () -> false);
    }

    /** @param wouldWait whether the next entry is not there yet: what is held back then might wait for ever */
    Tally run(Iterator<? extends IngestEntry> entries, BooleanSupplier wouldWait) {
        var batch = new ArrayList<Line>();
        var batchBytes = 0L;
        while (entries.hasNext()) {
            switch (entries.next()) {
                case IngestEntry.Unreadable entry -> {
                    documents++;
                    fail(entry.label(), entry.reason());
                }
                case Line line when journal.acknowledged(line) -> passOver(line);
                case Line line -> {
                    if (batch.size() == BATCH_DOCUMENTS_MAX || batchBytes + line.bytes().length > BATCH_BYTES_MAX) {
                        send(batch);
                        batchBytes = 0;
                    }
                    batch.add(line);
                    batchBytes += line.bytes().length;
                }
            }
            if (!batch.isEmpty() && wouldWait.getAsBoolean()) {
                send(batch);
                batchBytes = 0;
            }
        }
        send(batch);
        awaitJobs();
        return tally();
    }

    Tally tally() {
        return new Tally(
                documents,
                acknowledgedBefore,
                accepted,
                completed,
                failed,
                chunks,
                Duration.between(start, clock.instant()));
    }

    /** An earlier run was told that the server has it; only its end may still have to be waited for. */
    private void passOver(Line line) {
        documents++;
        acknowledgedBefore++;
        var job = journal.openJob(line.place());
        if (job.isEmpty()) {
            completed++;
        } else if (waits) {
            watch.add(job.get(), line.place());
        }
    }

    private void send(List<Line> batch) {
        if (batch.isEmpty()) {
            return;
        }
        documents += batch.size();
        try {
            poster.post(batch, this::settled);
        } finally {
            journal.flush();
        }
        batch.clear();
        if (waits) {
            watch.round(BATCH_DOCUMENTS_MAX, this::ended);
        }
        listener.progressed(tally());
    }

    private void settled(Line line, LineResult result) {
        if (result.jobId() == null) {
            fail(line.label(), result.asException().getMessage());
            return;
        }
        accepted++;
        journal.accepted(line, result.jobId());
        listener.accepted(line.label(), result.jobId());
        if (waits) {
            watch.add(result.jobId(), line.place());
        }
    }

    private void awaitJobs() {
        var pause = POLL_MIN;
        while (!watch.isEmpty()) {
            var anyEnded = watch.round(IDS_A_ROUND_MAX, this::ended);
            journal.flush();
            listener.progressed(tally());
            if (!watch.isEmpty()) {
                pause = anyEnded ? POLL_MIN : pause;
                sleeper.sleep(pause);
                pause = pause.multipliedBy(2).compareTo(POLL_MAX) < 0 ? pause.multipliedBy(2) : POLL_MAX;
            }
        }
    }

    /** A job that failed stays open in the journal, so that the next run tells of it too. */
    private void ended(Place place, JobStatus job) {
        if (job.failed()) {
            fail(place.label(), job.errorText());
            return;
        }
        journal.completed(place, job.id());
        completed++;
        chunks += job.chunks();
    }

    private void fail(String label, String reason) {
        failed++;
        listener.failed(label, reason);
    }
}
