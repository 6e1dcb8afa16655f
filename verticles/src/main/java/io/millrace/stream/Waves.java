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
 * batches share statements and a transaction, and nobody waits for a timer where nothing is under way. Thread-safe.
 */
final class Waves {

    /** Behind a partition that takes longer (its extractor is slow, its outage lasts), the others go on without it. */
    private static final Duration LONGEST = Duration.ofMillis(200);

    /** As long, at most, those who have something to commit wait for the rest of their wave. */
    private static final Duration LONGEST_TOGETHER = Duration.ofMillis(50);

    private record Joined(int partition, long offset, int maxBytes, Promise<Log.Fetched> promise) {}

    /** Partitions that were fetched together. */
    private static final class Wave {
        private final Set<Integer> atWork = new HashSet<>();
        /** Those of them who have nothing to commit yet. */
        private final Set<Integer> deciding = new HashSet<>();

        private final Promise<Void> decided = Promise.promise();

        Wave(List<Joined> joined) {
            joined.forEach(one -> atWork.add(one.partition));
            deciding.addAll(atWork);
        }
    }

    private final Database database;
    private final Log log;
    private final Topic topic;
    private final Duration pace;
    private final Duration longest;
    private final Duration longestTogether;
    private final NextTurn nextTurn;

    private Wave current = new Wave(List.of());
    private List<Joined> next = new ArrayList<>();
    private long begunNanos = System.nanoTime() - Long.MAX_VALUE / 2;

    /** @param pace at least so long after one wave has begun the next one does */
    Waves(Database database, Log log, Topic topic, Duration pace) {
        this(database, log, topic, pace, LONGEST, LONGEST_TOGETHER);
    }

    Waves(Database database, Log log, Topic topic, Duration pace, Duration longest, Duration longestTogether) {
        this.database = database;
        this.log = log;
        this.topic = topic;
        this.pace = pace;
        this.longest = longest;
        this.longestTogether = longestTogether;
        this.nextTurn = new NextTurn(database.vertx());
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
            // Who was woken by the same news joins before this turn is over.
            nextTurn.execute(() -> {
                if (!startUnlessAtWork()) {
                    startInTime();
                }
            });
        }
        return joined.promise.future();
    }

    /** A partition has something to commit: completes once all of its wave have, or left, or were waited for long enough. */
    Future<Void> decided(int partition) {
        Wave wave;
        boolean first;
        boolean last;
        synchronized (this) {
            wave = current;
            first = wave.deciding.size() == wave.atWork.size();
            if (!wave.deciding.remove(partition)) {
                return Future.succeededFuture();
            }
            last = wave.deciding.isEmpty();
        }
        if (last) {
            wave.decided.tryComplete();
        } else if (first) {
            database.vertx().setTimer(longestTogether.toMillis(), fired -> wave.decided.tryComplete());
        }
        return wave.decided.future();
    }

    /** A partition has committed what it fetched, or given it up. */
    void leave(int partition) {
        Wave wave;
        boolean lastToDecide;
        boolean last;
        synchronized (this) {
            wave = current;
            lastToDecide = wave.deciding.remove(partition) && wave.deciding.isEmpty();
            last = wave.atWork.remove(partition) && wave.atWork.isEmpty() && !next.isEmpty();
        }
        if (lastToDecide) {
            wave.decided.tryComplete();
        }
        if (last) {
            // Who leaves with it joins before this turn is over.
            nextTurn.execute(this::startUnlessAtWork);
        }
    }

    /** Whether nobody waits for those who are at work. */
    private boolean startUnlessAtWork() {
        List<Joined> wave;
        Duration early;
        synchronized (this) {
            if (next.isEmpty() || !current.atWork.isEmpty()) {
                return next.isEmpty();
            }
            early = pace.minusNanos(System.nanoTime() - begunNanos);
            wave = early.isPositive() ? List.of() : take();
        }
        if (early.isPositive()) {
            database.vertx().setTimer(Math.max(1, early.toMillis()), fired -> startUnlessAtWork());
        }
        fetch(wave);
        return true;
    }

    private void startInTime() {
        Wave before;
        synchronized (this) {
            before = current;
        }
        database.vertx().setTimer(longest.toMillis(), fired -> {
            List<Joined> wave;
            synchronized (this) {
                wave = current == before && !before.atWork.isEmpty() ? take() : List.of();
            }
            fetch(wave);
        });
    }

    private List<Joined> take() {
        var wave = next;
        next = new ArrayList<>();
        current = new Wave(wave);
        begunNanos = System.nanoTime();
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
