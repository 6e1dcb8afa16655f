package io.millrace.ingest;

import io.millrace.pg.Database;
import io.millrace.pg.DatabaseFailure;
import io.millrace.stream.Appended;
import io.millrace.stream.GroupCommit;
import io.millrace.stream.Log;
import io.millrace.stream.Topic;
import io.millrace.stream.UntilKnown;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.eventbus.Message;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first stage: accepts documents with group commit, one flush in flight for those of all partitions of topic
 * {@code documents}, and one for requests with an idempotency key. Answers after the commit only.
 *
 * <p>One flush a partition made eight times the transactions of the same 64 clients, and cost PostgreSQL twice the processor
 * time a document.
 */
public final class IngestVerticle extends AbstractVerticle {

    public static final String TOPIC = "documents";

    private static final Logger LOG = LoggerFactory.getLogger(IngestVerticle.class);
    private static final int MAX_FLUSH_REQUESTS = 1_000;

    /** Of several partitions, each of which gets batches of {@link Log#BATCH_BYTES} at most. */
    private static final long MAX_FLUSH_BYTES = 4L * Log.BATCH_BYTES;

    /** Each takes a lock, of which PostgreSQL has 64 a connection in all. */
    private static final int MAX_FLUSH_KEYS = 100;

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final IngestStore store;
    private final KeyedStore keyedStore;
    private final Topic topic;
    private final GroupCommit<List<Arrival>, Void> unkeyed;
    private final GroupCommit<KeyedArrivals, IngestReply> keyed;
    private final Set<UUID> keysInFlight = ConcurrentHashMap.newKeySet();

    /** @param maxQueuedBytes bytes of documents that may wait for their commit */
    public IngestVerticle(Database database, Log log, Topic topic, long maxQueuedBytes) {
        this.store = new IngestStore(database, log, topic.name());
        this.keyedStore = new KeyedStore(database, log, topic.name());
        this.topic = topic;
        var budget = new GroupCommit.Budget(maxQueuedBytes);
        this.unkeyed = new GroupCommit<>(budget, MAX_FLUSH_REQUESTS, MAX_FLUSH_BYTES, this::flush);
        this.keyed = new GroupCommit<>(budget, MAX_FLUSH_KEYS, Log.BATCH_BYTES, this::flushKeyed);
    }

    @Override
    public void start() {
        vertx.eventBus().localConsumer(IngestRequest.ADDRESS, this::onRequest);
    }

    private void onRequest(Message<IngestRequest> message) {
        var request = message.body();
        var arrivals = request.submissions().stream()
                .map(submission -> Arrival.of(submission, topic.partitions()))
                .toList();
        var fingerprint = request.fingerprint();
        var accepted = fingerprint == null
                ? unkeyed.add(workspace(arrivals), arrivals, bytes(arrivals))
                        .<IngestReply>map(committed -> new IngestReply.Accepted())
                : acceptKeyed(new KeyedArrivals(arrivals, fingerprint));
        accepted.onComplete(done -> message.reply(done.succeeded() ? done.result() : reply(done.cause())));
    }

    /** All documents of a request go to one. */
    private static String workspace(List<Arrival> arrivals) {
        return arrivals.getFirst().job().workspace();
    }

    private static int bytes(List<Arrival> arrivals) {
        return arrivals.stream().mapToInt(Arrival::bytes).sum();
    }

    /** A flush never has a key twice, since a repeat that comes while the first is under way is told so at once. */
    private Future<IngestReply> acceptKeyed(KeyedArrivals request) {
        if (!keysInFlight.add(request.firstJob())) {
            return Future.succeededFuture(new IngestReply.KeyInFlight());
        }
        return keyed.add(workspace(request.arrivals()), request, bytes(request.arrivals()))
                .onComplete(done -> keysInFlight.remove(request.firstJob()));
    }

    private static IngestReply reply(Throwable thrown) {
        if (thrown instanceof GroupCommit.Overloaded) {
            return new IngestReply.Overloaded();
        }
        if (thrown instanceof DatabaseFailure failure) {
            var reason = String.valueOf(failure.getMessage());
            return switch (failure.kind()) {
                case REFUSED -> new IngestReply.Refused(reason);
                case UNKNOWN -> new IngestReply.Unknown(reason);
                case FENCED, OFFSET_OUT_OF_RANGE, MISSING, UNAVAILABLE -> new IngestReply.Unavailable(reason);
            };
        }
        LOG.error("accepting documents failed unexpectedly", thrown);
        return new IngestReply.Unknown(thrown.toString());
    }

    private Future<List<Void>> flush(List<List<Arrival>> requests) {
        var arrivals = requests.stream().flatMap(List::stream).toList();
        return untilKnown(() -> store.accept(arrivals)).map(appended -> {
            announce(appended);
            return Collections.nCopies(requests.size(), (Void) null);
        });
    }

    private Future<List<IngestReply>> flushKeyed(List<KeyedArrivals> requests) {
        return untilKnown(() -> keyedStore.accept(requests)).map(stored -> {
            announce(stored.appended());
            return stored.replies();
        });
    }

    private void announce(List<Appended> appended) {
        appended.forEach(range -> vertx.eventBus().publish(Appended.address(range.topic()), range));
    }

    /** Accepting the same jobs again stores nothing twice. */
    private <T> Future<T> untilKnown(Supplier<Future<T>> attempt) {
        return UntilKnown.run(vertx, PATIENCE, attempt);
    }
}
