package io.millrace.web;

import io.millrace.MillraceException;
import io.millrace.MillraceException.KeyInFlight;
import io.millrace.MillraceException.KeyReused;
import io.millrace.MillraceException.OutcomeUnknown;
import io.millrace.MillraceException.Overloaded;
import io.millrace.MillraceException.Unavailable;
import io.millrace.ingest.IngestReply;
import io.millrace.ingest.IngestRequest;
import io.millrace.jobs.JobStore.OpenJobs;
import io.millrace.web.OpenDocuments.Size;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The way from the door to the ingest stage: refuses when too much waits, and turns the reply into an outcome. All its calls
 * come from one event loop.
 *
 * <p>The database is asked what waits only when somebody posts or was turned away in the last minute, and no more often than
 * costs it a twentieth of a core. A request is never turned away by a count that is older than that: it waits for the next one, so that who comes back when he
 * was told to is judged by what is there then.
 */
final class Admission {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    /** Longer than the stage is patient with a commit whose answer was lost. */
    private static final Duration ANSWER = Duration.ofSeconds(40);

    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(500);
    private static final Duration LONGEST_INTERVAL = Duration.ofSeconds(10);
    private static final int INTERVAL_DURATIONS = 20;

    /** What a document holds besides its texts, roughly. */
    private static final int FIELDS_BYTES = 200;

    private final Vertx vertx;
    private final Supplier<Future<List<OpenJobs>>> count;
    private final OpenDocuments open;
    private final LongSupplier nanoTime;
    private Future<Void> sample = Future.succeededFuture();
    private boolean everSampled;
    private long staleAt;
    private boolean everRefused;
    private long refusedAt;

    /** What accepting came to. */
    enum Outcome {
        STORED,
        /** It had been stored before, under the same idempotency key. */
        REPLAYED
    }

    /**
     * @param count asks the database what each workspace has accepted and not finished
     * @param nanoTime a clock that never goes back
     */
    Admission(Vertx vertx, Supplier<Future<List<OpenJobs>>> count, AdmissionLimits limits, LongSupplier nanoTime) {
        this.vertx = vertx;
        this.count = count;
        this.open = new OpenDocuments(limits);
        this.nanoTime = nanoTime;
        vertx.setPeriodic(SHORTEST_INTERVAL.toMillis(), fired -> keepMeasuring());
    }

    /** While those who were turned away wait, nobody may post, but how fast the others end is what they will be told. */
    private void keepMeasuring() {
        if (everRefused && nanoTime.getAsLong() - refusedAt < Backlog.LONGEST.toNanos() && isStale()) {
            sample();
        }
    }

    /** Completes when the documents have committed; fails with a {@link MillraceException} that says what is known. */
    Future<Outcome> accept(String workspace, IngestRequest request) {
        var size = size(request);
        if (!everSampled || (isStale() && open.refusal(workspace, size, nanoTime.getAsLong()) != null)) {
            return sample().transform(done -> decide(workspace, size, request));
        }
        if (isStale()) {
            sample();
        }
        return decide(workspace, size, request);
    }

    private static Size size(IngestRequest request) {
        var bytes = 0L;
        for (var submission : request.submissions()) {
            bytes += submission.document().content().length() + FIELDS_BYTES;
        }
        return new Size(request.submissions().size(), bytes);
    }

    private boolean isStale() {
        return sample.isComplete() && nanoTime.getAsLong() - staleAt >= 0;
    }

    /** One at a time; who comes while it is under way waits for the same one. */
    private Future<Void> sample() {
        if (!sample.isComplete()) {
            return sample;
        }
        var began = nanoTime.getAsLong();
        open.beginSample();
        sample = count.get()
                .onSuccess(counted -> {
                    everSampled = true;
                    open.sampled(counted, nanoTime.getAsLong());
                })
                .onComplete(done -> {
                    var interval = INTERVAL_DURATIONS * (nanoTime.getAsLong() - began);
                    staleAt = began + Math.clamp(interval, SHORTEST_INTERVAL.toNanos(), LONGEST_INTERVAL.toNanos());
                })
                .mapEmpty();
        return sample;
    }

    private Future<Outcome> decide(String workspace, Size size, IngestRequest request) {
        var refusal = open.refusal(workspace, size, nanoTime.getAsLong());
        if (refusal != null) {
            refusedAt = nanoTime.getAsLong();
            everRefused = true;
            return Future.failedFuture(refusal);
        }
        open.send(workspace, size);
        return vertx.eventBus()
                .<IngestReply>request(
                        IngestRequest.ADDRESS, request, new DeliveryOptions().setSendTimeout(ANSWER.toMillis()))
                .onComplete(reply -> {
                    if (reply.failed() || mayBeStored(reply.result().body())) {
                        open.stored(workspace, size);
                    } else {
                        open.notStored(workspace, size);
                    }
                })
                .compose(reply -> outcome(reply.body()));
    }

    private static boolean mayBeStored(IngestReply reply) {
        return switch (reply) {
            case IngestReply.Accepted(), IngestReply.Unknown _ -> true;
            case IngestReply.Replayed(),
                    IngestReply.KeyReused(),
                    IngestReply.KeyInFlight(),
                    IngestReply.Overloaded(),
                    IngestReply.Unavailable _,
                    IngestReply.Refused _ -> false;
        };
    }

    private static Future<Outcome> outcome(IngestReply reply) {
        return switch (reply) {
            case IngestReply.Accepted() -> Future.succeededFuture(Outcome.STORED);
            case IngestReply.Replayed() -> Future.succeededFuture(Outcome.REPLAYED);
            case IngestReply.KeyReused() ->
                Future.failedFuture(
                        new KeyReused("This idempotency key belongs to another request; nothing was stored."));
            case IngestReply.KeyInFlight() ->
                Future.failedFuture(new KeyInFlight(
                        "A request with this idempotency key is being accepted right now; this one stored nothing."));
            case IngestReply.Overloaded() ->
                Future.failedFuture(new Overloaded("Too much waits to be committed; nothing was stored.", RETRY_AFTER));
            case IngestReply.Unavailable(var reason) ->
                Future.failedFuture(new Unavailable(
                        "The database does not take documents right now; nothing was stored.",
                        RETRY_AFTER,
                        new IllegalStateException(reason)));
            case IngestReply.Refused(var reason) ->
                Future.failedFuture(new IllegalStateException("PostgreSQL refused a checked document: " + reason));
            case IngestReply.Unknown(var reason) ->
                Future.failedFuture(new OutcomeUnknown(
                        "The database did not say whether it stored this; posting it again is safe.",
                        new IllegalStateException(reason)));
        };
    }
}
