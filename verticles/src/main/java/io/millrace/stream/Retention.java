package io.millrace.stream;

import io.millrace.pg.Database;
import io.millrace.pg.DatabaseFailure;
import io.millrace.pg.SqlStates;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.pgclient.data.Interval;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops the oldest segments of topics when all of their records are older than they are to be kept and no group that counts
 * has still to read them. In two steps: the floors of its partitions rise past a segment, one by one, which retires it; a
 * {@link Settings#grace} later, when nobody can still be reading what he looked up before, its table is dropped. Each step
 * is a transaction of its own, and the next run goes on where one ended, in whichever pod.
 *
 * <p>A step that cannot have its locks is tried again, and left to the next run after a few times.
 */
public final class Retention extends AbstractVerticle {

    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final int ATTEMPTS = 5;
    private static final Duration FIRST_DELAY = Duration.ofMillis(200);

    private final Database database;
    private final Settings settings;
    private final Duration lease;
    private final String[] always;
    private final Consumer<Run> onRun;
    private boolean running;

    /**
     * How long records are kept, and who is waited for.
     *
     * @param topics how long, in topics that are none of the others; null for ever
     * @param events how long, in topic {@code events}
     * @param deadLetters how long, in dead-letter topics, once each letter of a segment is decided about
     * @param unseen how long a group counts that no pod serves
     * @param grace how long a retired segment stays readable; longer than any statement takes
     * @param every how often to look
     */
    public record Settings(
            @Nullable Duration topics,
            @Nullable Duration events,
            @Nullable Duration deadLetters,
            Duration unseen,
            Duration grace,
            Duration every) {

        /** Keeps everything. */
        public static final Settings FOR_EVER =
                new Settings(null, null, null, Duration.ofDays(7), Duration.ofMinutes(1), Duration.ofMinutes(1));

        boolean keepsAll() {
            return topics == null && events == null && deadLetters == null;
        }
    }

    /** What a run did: how many partitions left a segment behind, and how many segments were dropped. */
    public record Run(int raised, int dropped) {}

    /**
     * A retention of the whole database.
     *
     * @param lease after which a pod is gone
     * @param always groups that count also while nobody serves them: what they have not read was promised to be processed
     */
    public Retention(Database database, Settings settings, Duration lease, Set<String> always, Consumer<Run> onRun) {
        this.database = database;
        this.settings = settings;
        this.lease = lease;
        this.always = always.stream().sorted().toArray(String[]::new);
        this.onRun = onRun;
    }

    @Override
    public void start() {
        vertx.setPeriodic(settings.every().toMillis(), fired -> run());
    }

    private void run() {
        if (running) {
            return;
        }
        running = true;
        runOnce()
                .onSuccess(onRun::accept)
                .onFailure(failure -> LOG.warn("retention did not come to its end: {}", failure.getMessage()))
                .onComplete(done -> running = false);
    }

    /** Drops what was retired long enough ago, and retires what is due now. */
    public Future<Run> runOnce() {
        return watchGroups()
                .compose(watched -> dropRetired())
                .compose(dropped -> raiseFloors().map(raised -> new Run(raised, dropped)))
                .onSuccess(run -> {
                    if (run.raised() + run.dropped() > 0) {
                        LOG.info("retention: {} floors raised, {} segments dropped", run.raised(), run.dropped());
                    }
                });
    }

    private static final String WATCH_GROUPS = """
            select name, unseen_since
            from stream.watch_groups($1)
            """;

    private Future<Void> watchGroups() {
        return query(WATCH_GROUPS, Tuple.of(Interval.of(lease))).mapEmpty();
    }

    private static final String RETIRED = """
            select s.topic_id, s.segment_id, t.name
            from stream.segments s
            join stream.topics t on t.topic_id = s.topic_id
            where s.retired_at < clock_timestamp() - $1::interval
            order by s.topic_id, s.segment_id
            """;

    private Future<Integer> dropRetired() {
        return query(RETIRED, Tuple.of(Interval.of(settings.grace()))).compose(rows -> each(rows, this::drop));
    }

    private static final String DROP_SEGMENT = """
            select stream.drop_segment($1, $2)
            """;

    private Future<Boolean> drop(Row retired) {
        var segment = retired.getInteger(1);
        var topic = retired.getString(2);
        return patiently(() -> query(DROP_SEGMENT, Tuple.of(retired.getInteger(0), segment))
                        .map(rows -> rows.getFirst().getBoolean(0)))
                .onSuccess(dropped -> {
                    if (dropped) {
                        LOG.info("segment {} of topic {} is dropped", segment, topic);
                    }
                });
    }

    private static final String DUE = """
            select topic_id, topic, segment_id, partition_id, before
            from stream.due_segments($1, $2, $3, $4, $5)
            """;

    private Future<Integer> raiseFloors() {
        if (settings.keepsAll()) {
            return Future.succeededFuture(0);
        }
        var parameters = Tuple.of(
                interval(settings.topics()),
                interval(settings.events()),
                interval(settings.deadLetters()),
                Interval.of(settings.unseen()),
                always);
        return query(DUE, parameters).compose(rows -> each(rows, this::raise));
    }

    private static final String RAISE_FLOOR = """
            select floor_offset, behind
            from stream.raise_floor($1, $2, $3, $4, $5, $6)
            """;

    private Future<Boolean> raise(Row due) {
        var topic = due.getString(1);
        var segment = due.getInteger(2);
        var partition = due.getInteger(3);
        OffsetDateTime before = due.getOffsetDateTime(4);
        var parameters = Tuple.of(
                due.getInteger(0), partition, segment, before, Interval.of(settings.unseen()), (Object) always);
        return patiently(() -> query(RAISE_FLOOR, parameters).map(List::getFirst))
                .map(raised -> {
                    var floor = raised.getLong(0);
                    if (floor == null) {
                        return false;
                    }
                    LOG.debug(
                            "partition {} of topic {} begins at {}, behind segment {}",
                            partition,
                            topic,
                            floor,
                            segment);
                    var behind = raised.getArrayOfStrings(1);
                    if (behind != null) {
                        LOG.error(
                                "topic {} partition {} begins at offset {} now, and groups that nobody has served for {} had not read that far: {}",
                                topic,
                                partition,
                                floor,
                                settings.unseen(),
                                String.join(", ", behind));
                    }
                    return true;
                });
    }

    /** One after the other; gives how many of them came off. What is locked does not keep the others from being done. */
    private static Future<Integer> each(List<Row> rows, Function<Row, Future<Boolean>> step) {
        var count = Future.succeededFuture(0);
        for (var row : rows) {
            count = count.compose(
                    before -> step.apply(row).recover(Retention::later).map(done -> done ? before + 1 : before));
        }
        return count;
    }

    private static Future<Boolean> later(Throwable thrown) {
        if (!isLocked(thrown)) {
            return Future.failedFuture(thrown);
        }
        LOG.info("retention leaves a step to its next run: {}", thrown.getMessage());
        return Future.succeededFuture(false);
    }

    private <T> Future<T> patiently(Supplier<Future<T>> step) {
        return patiently(step, 1);
    }

    private <T> Future<T> patiently(Supplier<Future<T>> step, int attempt) {
        return step.get()
                .recover(thrown -> attempt < ATTEMPTS && isLocked(thrown)
                        ? pause(FIRST_DELAY.multipliedBy(1L << (attempt - 1)))
                                .compose(paused -> patiently(step, attempt + 1))
                        : Future.failedFuture(thrown));
    }

    private static boolean isLocked(Throwable thrown) {
        return thrown instanceof DatabaseFailure failure && LOCK_NOT_AVAILABLE.equals(failure.sqlState());
    }

    private Future<Void> pause(Duration delay) {
        var over = Promise.<Void>promise();
        database.vertx().setTimer(delay.toMillis(), fired -> over.complete());
        return over.future();
    }

    private static @Nullable Interval interval(@Nullable Duration duration) {
        return duration == null ? null : Interval.of(duration);
    }

    private Future<List<Row>> query(String sql, Tuple parameters) {
        return database.pool()
                .preparedQuery(sql)
                .execute(parameters)
                .map(rows -> {
                    var list = new ArrayList<Row>(rows.size());
                    rows.forEach(list::add);
                    return (List<Row>) list;
                })
                .recover(thrown -> Future.failedFuture(SqlStates.failure(thrown)));
    }
}
