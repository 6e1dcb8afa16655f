package io.millrace.ingest;

import io.millrace.jobs.JobStore;
import io.millrace.pg.Database;
import io.millrace.stream.Appended;
import io.millrace.stream.Effects;
import io.millrace.stream.Log;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Accepts requests that have an idempotency key, each once, whichever pods they come to and however often.
 *
 * <p>A lock on the key, which is tried and never waited for, is taken in a statement of its own: who gets it sees in the
 * next statement what an earlier holder has committed. Trying keeps one slow request from holding up the flush that others
 * share with its repeat.
 */
final class KeyedStore {

    private final Database database;
    private final Log log;
    private final String topic;

    KeyedStore(Database database, Log log, String topic) {
        this.database = database;
        this.log = log;
        this.topic = topic;
    }

    /** What was appended, and the answer to each request, in their order. */
    record Stored(List<Appended> appended, List<IngestReply> replies) {}

    /** Stores what is not there yet. It may be called again with the same requests, of which no two share a key. */
    Future<Stored> accept(List<KeyedArrivals> requests) {
        var firstJobs = requests.stream().map(KeyedArrivals::firstJob).toArray(UUID[]::new);
        return database.inTransaction(connection -> lock(connection, firstJobs)
                .compose(locked -> JobStore.requestFingerprints(connection, locked)
                        .compose(stored -> store(connection, requests, locked, stored))));
    }

    private static final String LOCK = """
            select n.id
            from unnest($1::uuid[]) n (id)
            where pg_try_advisory_xact_lock(hashtextextended(n.id::text, 1))
            """;

    private static Future<Set<UUID>> lock(SqlConnection connection, UUID[] firstJobs) {
        return connection
                .preparedQuery(LOCK)
                .execute(Tuple.of((Object) firstJobs))
                .map(rows -> {
                    var locked = new HashSet<UUID>();
                    rows.forEach(row -> locked.add(row.getUUID(0)));
                    return locked;
                });
    }

    private Future<Stored> store(
            SqlConnection connection, List<KeyedArrivals> requests, Set<UUID> locked, Map<UUID, Buffer> stored) {
        var jobs = new ArrayList<JobStore.NewJob>();
        var appends = new ArrayList<Effects.Append>();
        var replies = new ArrayList<IngestReply>();
        for (var request : requests) {
            var reply = reply(request, locked, stored);
            if (reply instanceof IngestReply.Accepted) {
                jobs.addAll(request.jobs());
                request.arrivals()
                        .forEach(arrival ->
                                appends.add(new Effects.Append(topic, arrival.partition(), List.of(arrival.record()))));
            }
            replies.add(reply);
        }
        if (jobs.isEmpty()) {
            return Future.succeededFuture(new Stored(List.of(), replies));
        }
        return JobStore.insert(connection, jobs)
                .map(inserted -> requireAll(inserted, jobs))
                .compose(inserted -> log.append(connection, appends))
                .map(appended -> new Stored(appended, replies));
    }

    private static IngestReply reply(KeyedArrivals request, Set<UUID> locked, Map<UUID, Buffer> stored) {
        if (!locked.contains(request.firstJob())) {
            return new IngestReply.KeyInFlight();
        }
        var before = stored.get(request.firstJob());
        if (before == null) {
            return new IngestReply.Accepted();
        }
        return before.equals(request.fingerprint()) ? new IngestReply.Replayed() : new IngestReply.KeyReused();
    }

    /** A job that is there although its request is not would be appended a second time. */
    private static Set<UUID> requireAll(Set<UUID> inserted, List<JobStore.NewJob> jobs) {
        if (inserted.size() != jobs.size()) {
            throw new IllegalStateException(inserted.size() + " of " + jobs.size() + " jobs of new requests were new");
        }
        return inserted;
    }
}
