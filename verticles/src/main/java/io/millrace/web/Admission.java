package io.millrace.web;

import io.millrace.MillraceException;
import io.millrace.MillraceException.KeyInFlight;
import io.millrace.MillraceException.KeyReused;
import io.millrace.MillraceException.OutcomeUnknown;
import io.millrace.MillraceException.Overloaded;
import io.millrace.MillraceException.Unavailable;
import io.millrace.ingest.IngestReply;
import io.millrace.ingest.IngestRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import java.time.Duration;
import java.util.function.LongSupplier;

/** The way from the door to the ingest stage: refuses when too much waits, and turns the reply into an outcome. */
final class Admission {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    /** Longer than the stage is patient with a commit whose answer was lost. */
    private static final Duration ANSWER = Duration.ofSeconds(40);

    private final Vertx vertx;
    private final LongSupplier lag;
    private final Backlog backlog;
    private final long maxLag;

    /** What accepting came to. */
    enum Outcome {
        STORED,
        /** It had been stored before, under the same idempotency key. */
        REPLAYED
    }

    /** @param lag documents that wait for the chunk stage */
    Admission(Vertx vertx, LongSupplier lag, Backlog backlog, long maxLag) {
        this.vertx = vertx;
        this.lag = lag;
        this.backlog = backlog;
        this.maxLag = maxLag;
    }

    /** Completes when the documents have committed; fails with a {@link MillraceException} that says what is known. */
    Future<Outcome> accept(IngestRequest request) {
        var waiting = lag.getAsLong();
        if (waiting > maxLag) {
            return Future.failedFuture(new Overloaded(
                    maxLag + " documents wait to be processed already; nothing was stored.",
                    backlog.untilBelow(maxLag, waiting)));
        }
        return vertx.eventBus()
                .<IngestReply>request(
                        IngestRequest.ADDRESS, request, new DeliveryOptions().setSendTimeout(ANSWER.toMillis()))
                .compose(reply -> outcome(reply.body()));
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
