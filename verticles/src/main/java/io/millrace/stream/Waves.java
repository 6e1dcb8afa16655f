package io.millrace.stream;

import io.millrace.pg.Columns;
import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Lets the partitions of a group that have little to do go together: while one wave of batches is fetched, processed and
 * committed, what comes forms the next one. So records gather in all partitions as long as the group is at work, their
 * batches share statements and transactions, and nobody waits for a timer where nothing is under way. Thread-safe.
 */
final class Waves {

    /** Behind a partition that takes longer (its extractor is slow, its outage lasts), the others go on without it. */
    private static final Duration LONGEST = Duration.ofMillis(200);

    private record Joined(int partition, long offset, int maxBytes, Promise<Log.Fetched> promise) {}

    private final Database database;
    private final Log log;
    private final Topic topic;

    private final Set<Integer> atWork = new HashSet<>();
    private List<Joined> next = new ArrayList<>();
    private long number;

    Waves(Database database, Log log, Topic topic) {
        this.database = database;
        this.log = log;
        this.topic = topic;
    }

    /** Fetches with the next wave, as {@link Log#fetch(Topic, int, long, int, int)} does; {@link #leave} it afterwards. */
    Future<Log.Fetched> join(int partition, long offset, int maxBytes) {
        var joined = new Joined(partition, offset, maxBytes, Promise.promise());
        boolean first;
        synchronized (this) {
            next.add(joined);
            first = next.size() == 1;
        }
        if (first) {
            inNextTurn(() -> {
                if (!startUnlessAtWork()) {
                    startInTime();
                }
            });
        }
        return joined.promise.future();
    }

    /** A partition has committed what it fetched, or given it up. */
    void leave(int partition) {
        boolean last;
        synchronized (this) {
            last = atWork.remove(partition) && atWork.isEmpty() && !next.isEmpty();
        }
        if (last) {
            inNextTurn(this::startUnlessAtWork);
        }
    }

    /** Who was woken by the same news, or left the same wave, joins before this turn is over. */
    private void inNextTurn(Runnable start) {
        database.vertx().getOrCreateContext().runOnContext(turn -> start.run());
    }

    /** Whether nobody waits any more. */
    private boolean startUnlessAtWork() {
        List<Joined> wave;
        synchronized (this) {
            wave = atWork.isEmpty() ? take() : List.of();
            if (wave.isEmpty()) {
                return next.isEmpty();
            }
        }
        fetch(wave);
        return true;
    }

    private void startInTime() {
        long before;
        synchronized (this) {
            before = number;
        }
        database.vertx().setTimer(LONGEST.toMillis(), fired -> {
            List<Joined> wave;
            synchronized (this) {
                wave = number == before ? take() : List.of();
            }
            fetch(wave);
        });
    }

    private List<Joined> take() {
        var wave = next;
        next = new ArrayList<>();
        number++;
        atWork.clear();
        wave.forEach(joined -> atWork.add(joined.partition));
        return wave;
    }

    private void fetch(List<Joined> wave) {
        if (wave.size() == 1) {
            var only = wave.getFirst();
            fetchAlone(only).onComplete(only.promise);
        } else if (!wave.isEmpty()) {
            var fetched = fetchBatches(wave).map(rows -> byPlace(wave, rows));
            for (var i = 0; i < wave.size(); i++) {
                var place = i;
                var joined = wave.get(i);
                // Composed, so that whatever goes wrong with one of them fails that one.
                fetched.compose(rows -> answer(joined, rows.get(place))).onComplete(joined.promise);
            }
        }
    }

    private Future<Log.Fetched> fetchAlone(Joined joined) {
        return log.fetch(topic, joined.partition, joined.offset, joined.maxBytes, Log.LARGEST_BYTES);
    }

    private static final String FETCH_BATCHES = """
            select base_offset, record_count, created_at, keys, "values", headers, size_bytes, place
            from stream.fetch_batches($1, $2, $3, $4, $5)
            """;

    private Future<List<Row>> fetchBatches(List<Joined> wave) {
        var parameters = Tuple.of(
                topic.id(),
                Columns.ints(wave, Joined::partition),
                Columns.longs(wave, Joined::offset),
                Columns.ints(wave, Joined::maxBytes),
                Log.LARGEST_BYTES);
        return database.list(FETCH_BATCHES, parameters, row -> row);
    }

    private static List<List<Row>> byPlace(List<Joined> wave, List<Row> rows) {
        var byPlace = new ArrayList<List<Row>>();
        wave.forEach(joined -> byPlace.add(new ArrayList<>()));
        rows.forEach(row -> byPlace.get(row.getInteger(7) - 1).add(row));
        return byPlace;
    }

    private Future<Log.Fetched> answer(Joined joined, List<Row> rows) {
        // Within a batch, or in a segment that is gone: rare, and told in full by a fetch of its own.
        return rows.isEmpty() || rows.getFirst().getLong(0) != joined.offset
                ? fetchAlone(joined)
                : Future.succeededFuture(Log.fetched(rows, joined.partition, joined.offset, Log.LARGEST_BYTES));
    }
}
