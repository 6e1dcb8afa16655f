package io.millrace.web;

import io.millrace.MillraceException.NotFound;
import io.millrace.ingest.DocumentIds;
import io.millrace.ingest.DocumentRecord;
import io.millrace.ingest.IngestVerticle;
import io.millrace.jobs.ReopenStore;
import io.millrace.pg.Database;
import io.millrace.stream.Appended;
import io.millrace.stream.DeadLetter;
import io.millrace.stream.DeadLetterStore;
import io.millrace.stream.Log;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.SqlConnection;
import org.jspecify.annotations.Nullable;

/**
 * The re-drive of a dead letter: the decision about it and the record behind the end of its topic, in one transaction.
 *
 * <p>A document's is refused when a newer version is there or may come, since the chunk stage goes by offsets and would take
 * the old one for the newest; its job is opened again. Of the other topics the job stays failed: what it counted when it ended
 * is gone.
 */
final class DeadLetterRetry {

    private final Vertx vertx;
    private final Database database;
    private final Log log;
    private final DeadLetterStore store;

    DeadLetterRetry(Vertx vertx, Database database, Log log) {
        this.vertx = vertx;
        this.database = database;
        this.log = log;
        this.store = new DeadLetterStore(database, log);
    }

    /** What came of it. Nothing was stored unless it was retried. */
    sealed interface Outcome {
        record Retried(Appended appended) implements Outcome {}

        /** It was retried or dropped before. */
        record Decided() implements Outcome {}

        record Superseded() implements Outcome {}

        record NotFailedYet() implements Outcome {}
    }

    Future<Outcome> retry(DeadLetter letter) {
        return log.topic(letter.topic())
                .compose(topic -> {
                    if (topic == null) {
                        throw new NotFound("topic", letter.topic());
                    }
                    var posted = posted(letter);
                    return database.inTransaction(connection -> posted == null
                            ? decideAndAppend(connection, letter)
                            : retryDocument(connection, letter, posted));
                })
                .onSuccess(outcome -> {
                    if (outcome instanceof Outcome.Retried(var appended)) {
                        vertx.eventBus().publish(Appended.address(appended.topic()), appended);
                    }
                });
    }

    /** Null for what is no document, also where it should be one: its stage says so again. */
    private static @Nullable DocumentRecord posted(DeadLetter letter) {
        var value = letter.value();
        if (!letter.topic().equals(IngestVerticle.TOPIC) || value == null) {
            return null;
        }
        try {
            return DocumentRecord.decode(value.getBytes());
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private Future<Outcome> retryDocument(SqlConnection connection, DeadLetter letter, DocumentRecord posted) {
        var document = DocumentIds.document(
                posted.document().workspace(), posted.document().sourceUri());
        var version = letter.originalOffset() == null ? -1 : letter.originalOffset();
        return ReopenStore.lock(connection)
                .compose(locked -> store.lock(connection, letter))
                .compose(locked -> ReopenStore.check(connection, document, version, posted.jobId()))
                .compose(verdict -> switch (verdict) {
                    case SUPERSEDED -> undecided(connection, letter, new Outcome.Superseded());
                    case NOT_FAILED_YET -> undecided(connection, letter, new Outcome.NotFailedYet());
                    case CLEAR -> reopenAndAppend(connection, letter, posted);
                });
    }

    /** A job that was opened again stays so only when its record is appended: the decision comes first. */
    private Future<Outcome> reopenAndAppend(SqlConnection connection, DeadLetter letter, DocumentRecord posted) {
        return DeadLetterStore.decide(connection, letter, DeadLetter.State.RETRIED)
                .compose(first -> first
                        ? ReopenStore.reopen(connection, posted.jobId()).compose(reopened -> append(connection, letter))
                        : Future.succeededFuture(new Outcome.Decided()));
    }

    /** That it was decided before says more than why it could not be retried now. */
    private Future<Outcome> undecided(SqlConnection connection, DeadLetter letter, Outcome otherwise) {
        return store.isDecided(connection, letter).map(decided -> decided ? new Outcome.Decided() : otherwise);
    }

    private Future<Outcome> decideAndAppend(SqlConnection connection, DeadLetter letter) {
        return DeadLetterStore.decide(connection, letter, DeadLetter.State.RETRIED)
                .compose(first -> first ? append(connection, letter) : Future.succeededFuture(new Outcome.Decided()));
    }

    private Future<Outcome> append(SqlConnection connection, DeadLetter letter) {
        return store.append(connection, letter).map(Outcome.Retried::new);
    }
}
