package io.millrace.stream;

import static io.millrace.stream.Futures.failure;
import static io.millrace.stream.Futures.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.DatabaseFailure;
import io.millrace.pg.DatabaseFailure.Kind;
import io.millrace.pg.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.SqlClient;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is dropped, what is not, and who notices. */
class RetentionTest {

    private static final Duration AT_ONCE = Duration.ofMillis(1);
    private static final int ALL = 1 << 30;

    private final TestDatabase database = TestDatabase.create();
    private final TestPod pod = new TestPod(database);
    private final Connection connection = connect();

    private Connection connect() {
        try {
            return database.connect();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        pod.close();
        database.close();
    }

    private Retention retention(@Nullable Duration kept, Duration unseen, Duration grace, String... always) {
        var settings = new Retention.Settings(kept, kept, kept, unseen, grace, Duration.ofHours(1));
        return new Retention(pod.database, settings, TestPod.LEASE, Set.of(always), run -> {});
    }

    private Retention.Run run(Duration kept) {
        return get(retention(kept, Duration.ofDays(1), Duration.ZERO).runOnce());
    }

    /** Retires what is due, and drops it, which takes two runs. */
    private Retention.Run runTwice() {
        var first = run(AT_ONCE);
        var second = run(AT_ONCE);
        return new Retention.Run(first.raised() + second.raised(), first.dropped() + second.dropped());
    }

    private Appended append(Topic topic, int partition, String... values) {
        var records = Stream.of(values)
                .map(value -> new ProducerRecord(null, Buffer.buffer(value)))
                .toList();
        return get(pod.database.inTransaction(
                transaction -> Log.append(transaction, topic, partition, UUID.randomUUID(), records, Log.FIRST_TRY)));
    }

    private void newSegment(Topic topic) {
        execute("select stream.create_segment(" + topic.id() + ", clock_timestamp())");
    }

    private List<String> values(Topic topic, int partition, long from) {
        var values = new ArrayList<String>();
        while (true) {
            var records = get(pod.log.fetch(topic, partition, from + values.size(), ALL));
            if (records.isEmpty()) {
                return values;
            }
            records.forEach(record -> values.add(record.requiredValue().toString()));
        }
    }

    private static Kind kind(Future<?> future) {
        return failure(future) instanceof DatabaseFailure failure ? failure.kind() : Kind.MISSING;
    }

    @Test
    void segmentsWhoseRecordsAreAllOldAreDroppedAndTheOthersStay() {
        var topic = pod.topic("kept", 2);
        append(topic, 0, "a", "b");
        newSegment(topic);
        append(topic, 0, "c");
        append(topic, 1, "only");
        newSegment(topic);
        append(topic, 0, "d");
        // An hour ago, all but the last.
        execute("update stream.batches set created_at = created_at - interval '1 hour' where segment_id < 3");
        execute("update stream.segments set starts_at = starts_at - interval '1 hour' where segment_id = 2");

        assertThat(run(Duration.ofHours(2))).isEqualTo(new Retention.Run(0, 0));
        assertThat(run(Duration.ofMinutes(30))).as("the second ended just now").isEqualTo(new Retention.Run(2, 0));
        execute("update stream.segments set starts_at = starts_at - interval '59 minutes' where segment_id = 3");
        assertThat(run(Duration.ofMinutes(30))).isEqualTo(new Retention.Run(2, 1));
        assertThat(run(Duration.ofMinutes(30))).isEqualTo(new Retention.Run(0, 1));
        assertThat(run(Duration.ofMinutes(30))).isEqualTo(new Retention.Run(0, 0));

        assertThat(values(topic, 0, 3)).containsExactly("d");
        assertThat(kind(pod.log.fetch(topic, 0, 2, ALL))).isEqualTo(Kind.OFFSET_OUT_OF_RANGE);
        assertThat(kind(pod.log.fetch(topic, 1, 0, ALL))).isEqualTo(Kind.OFFSET_OUT_OF_RANGE);
        assertThat(get(pod.log.endOffset(topic, 1))).isEqualTo(1);
        assertThat(append(topic, 1, "next").from()).isEqualTo(1);
        assertThat(strings("select relname from pg_class where relname ~ '^batches_" + topic.id() + "_[0-9]+$'"))
                .containsExactly("batches_" + topic.id() + "_3");
        assertThat(strings("select begin_offset from stream.topic_partitions where topic = 'kept' order by partition"))
                .containsExactly("3", "1");
    }

    @Test
    void theSegmentThatIsWrittenToIsNeverDropped() {
        var topic = pod.topic("newest", 1);
        append(topic, 0, "a");

        assertThat(runTwice()).isEqualTo(new Retention.Run(0, 0));
        execute("select stream.create_segment(" + topic.id() + ", clock_timestamp() + interval '1 hour')");
        assertThat(runTwice()).as("its successor has not begun").isEqualTo(new Retention.Run(0, 0));
        assertThat(values(topic, 0, 0)).containsExactly("a");
    }

    @Test
    void nothingIsDroppedForAsLongAsItIsToBeKeptForEver() {
        var topic = pod.topic("eternal", 1);
        append(topic, 0, "a");
        newSegment(topic);

        assertThat(get(retention(null, Duration.ZERO, Duration.ZERO).runOnce())).isEqualTo(new Retention.Run(0, 0));
    }

    @Test
    void aGroupThatCountsHoldsWhatItHasNotRead() {
        var topic = pod.topic("read", 1);
        var group = get(pod.groups.createGroup("slow", topic));
        append(topic, 0, "a", "b");
        newSegment(topic);

        assertThat(runTwice()).isEqualTo(new Retention.Run(0, 0));
        get(pod.database.inTransaction(transaction -> pod.groups.seek(transaction, group, 0, 1)));
        assertThat(runTwice()).isEqualTo(new Retention.Run(0, 0));
        get(pod.database.inTransaction(transaction -> pod.groups.seek(transaction, group, 0, 2)));
        assertThat(runTwice()).isEqualTo(new Retention.Run(1, 1));
    }

    @Test
    void aGroupThatNobodyServesHoldsNothingUnlessItAlwaysCounts() {
        var topic = pod.topic("unserved", 1);
        get(pod.groups.createGroup("gone", topic));
        append(topic, 0, "a");
        newSegment(topic);

        assertThat(get(retention(AT_ONCE, Duration.ZERO, Duration.ZERO, "gone").runOnce()))
                .isEqualTo(new Retention.Run(0, 0));
        assertThat(strings("select name from stream.groups where unseen_since is not null"))
                .containsExactly("gone");
        assertThat(get(retention(AT_ONCE, Duration.ZERO, Duration.ZERO).runOnce()))
                .isEqualTo(new Retention.Run(1, 0));
    }

    @Test
    void aGroupThatIsServedAgainCountsAgain() {
        var topic = pod.topic("back", 1);
        get(pod.groups.createGroup("returning", topic));
        run(AT_ONCE);
        execute("update stream.groups set unseen_since = unseen_since - interval '2 days'");
        execute("select stream.heartbeat('%s', 'test', interval '%d s')"
                .formatted(pod.memberId(), TestPod.LEASE.toSeconds()));
        execute("insert into stream.group_members select group_id, '%s' from stream.groups".formatted(pod.memberId()));
        append(topic, 0, "a");
        newSegment(topic);

        assertThat(runTwice()).isEqualTo(new Retention.Run(0, 0));
        assertThat(strings("select name from stream.groups where unseen_since is not null"))
                .isEmpty();
    }

    @Test
    void aGroupBelowTheFloorGoesOnFromItAndSaysWhatItMissed() {
        var topic = pod.topic("missed", 4);
        get(pod.groups.createGroup("late", topic));
        append(topic, 0, "a", "b", "c");
        newSegment(topic);
        append(topic, 0, "d");
        get(retention(AT_ONCE, Duration.ZERO, Duration.ZERO).runOnce());
        get(retention(AT_ONCE, Duration.ZERO, Duration.ZERO).runOnce());
        var skipped = new ConcurrentLinkedQueue<Skipped>();
        pod.vertx.eventBus().<Skipped>localConsumer(Skipped.ADDRESS, message -> skipped.add(message.body()));
        var read = new ConcurrentLinkedQueue<String>();

        pod.run(new Subscription("late", "missed", partition -> new Reading(read)));

        await().until(() -> read.contains("d") && !skipped.isEmpty());
        assertThat(read).containsExactly("d");
        assertThat(skipped).containsExactly(new Skipped("late", "missed", 0, 0, 3));
    }

    private record Reading(ConcurrentLinkedQueue<String> read) implements Processor<Boolean> {
        @Override
        public Boolean load(Batch batch, SqlClient database) {
            return true;
        }

        @Override
        public Effects decide(Batch batch, Boolean nothing) {
            batch.records().forEach(record -> read.add(record.requiredValue().toString()));
            return Effects.none();
        }
    }

    @Test
    void aNewGroupBeginsAtTheFloorAndASeekBelowItIsRefused() {
        var topic = pod.topic("begun", 1);
        append(topic, 0, "a", "b");
        newSegment(topic);
        append(topic, 0, "c");
        runTwice();

        var group = get(pod.groups.createGroup("new", topic));

        assertThat(strings("select committed_offset from stream.group_partitions where \"group\" = 'new'"))
                .containsExactly("2");
        assertThat(kind(pod.database.inTransaction(transaction -> pod.groups.seek(transaction, group, 0, 1))))
                .isEqualTo(Kind.OFFSET_OUT_OF_RANGE);
        assertThat(get(new GroupSeek(pod.database).seek("new", 0, new GroupSeek.Target.Offset(1), true)))
                .isEqualTo(new GroupSeek.Outcome.OutOfRange(0, 2, 3));
        assertThat(get(new GroupSeek(pod.database).seek("new", null, new GroupSeek.Target.Begin(), false)))
                .isInstanceOf(GroupSeek.Outcome.Sought.class);
    }

    @Test
    void anOpenDeadLetterIsNeverDropped() {
        var letters = get(pod.log.createTopic(Topic.deadLetters("failing"), 1));
        append(letters, 0, "one", "two");
        newSegment(letters);
        decide(letters, 0, "retried");
        assertThat(runTwice()).isEqualTo(new Retention.Run(0, 0));

        decide(letters, 1, "dropped");

        assertThat(runTwice()).isEqualTo(new Retention.Run(1, 1));
        assertThat(strings("select * from stream.dead_letter_outcomes")).isEmpty();
    }

    private void decide(Topic letters, long offset, String outcome) {
        execute(
                "insert into stream.dead_letter_outcomes (topic_id, partition_id, record_offset, outcome) values (%d, 0, %d, '%s')"
                        .formatted(letters.id(), offset, outcome));
    }

    @Test
    void theNextRunGoesOnWhereOneWasCutOff() {
        var topic = pod.topic("cut", 3);
        append(topic, 0, "a");
        append(topic, 1, "a");
        append(topic, 2, "a");
        newSegment(topic);
        append(topic, 1, "b");
        // What a run had done that ended after its first partition.
        execute("select stream.raise_floor(%d, 0, 1, clock_timestamp(), interval '0', '{}')".formatted(topic.id()));
        assertThat(strings("select count(*) from stream.segments where retired_at is not null"))
                .containsExactly("0");
        assertThat(values(topic, 2, 0)).containsExactly("a");

        assertThat(run(AT_ONCE)).isEqualTo(new Retention.Run(2, 0));
        assertThat(run(AT_ONCE)).isEqualTo(new Retention.Run(0, 1));
        assertThat(values(topic, 1, 1)).containsExactly("b");
    }

    @Test
    void aRetiredSegmentIsReadableForAsLongAsItsGraceLasts() {
        var topic = pod.topic("grace", 1);
        append(topic, 0, "a");
        newSegment(topic);
        var patient = retention(AT_ONCE, Duration.ZERO, Duration.ofHours(1));

        assertThat(get(patient.runOnce())).isEqualTo(new Retention.Run(1, 0));
        assertThat(get(patient.runOnce())).isEqualTo(new Retention.Run(0, 0));

        assertThat(strings("select count(*) from stream.batches where topic_id = " + topic.id()))
                .containsExactly("1");
        assertThat(strings("select count(*) from stream.records where topic = 'grace'"))
                .as("but it is no part of the log any more")
                .containsExactly("0");
    }

    @Test
    void aClockThatWasSetBackDoesNotBringARetiredSegmentBack() {
        var topic = pod.topic("backwards", 1);
        append(topic, 0, "a");
        newSegment(topic);
        run(AT_ONCE);
        // As seen by a clock that was set back: the second segment has not begun.
        execute("update stream.segments set starts_at = clock_timestamp() + interval '1 hour' where segment_id = 2");

        append(topic, 0, "b");

        assertThat(strings("select segment_id from stream.batches where topic_id = %d order by base_offset"
                        .formatted(topic.id())))
                .containsExactly("1", "2");
        run(AT_ONCE);
        assertThat(values(topic, 0, 1)).containsExactly("b");
    }

    @Test
    void anOffsetIsFoundByItsTimeInTheSegmentsThatAreLeft() {
        var topic = pod.topic("timed", 1);
        for (var i = 0; i < 6; i++) {
            append(topic, 0, "a" + i, "b" + i);
            append(topic, 0, "c" + i);
            newSegment(topic);
        }
        execute(
                "update stream.batches set created_at = '2026-01-01 00:00Z'::timestamptz + base_offset * interval '1 hour'");
        execute("select stream.raise_floor(%d, 0, 1, clock_timestamp(), interval '0', '{}')".formatted(topic.id()));
        execute("select stream.raise_floor(%d, 0, 2, clock_timestamp(), interval '0', '{}')".formatted(topic.id()));
        var start = Instant.parse("2026-01-01T00:00:00Z");

        assertThat(get(pod.log.offsetAt(topic, 0, start))).isEqualTo(6);
        for (var i = 6; i < 18; i++) {
            // Two records of a batch have one time.
            var wanted = i % 3 == 1 ? i + 1 : i;
            assertThat(get(pod.log.offsetAt(topic, 0, start.plusSeconds(i * 3_600L))))
                    .isEqualTo(wanted);
        }
        assertThat(get(pod.log.offsetAt(topic, 0, start.plusSeconds(18 * 3_600L))))
                .isEqualTo(18);
    }

    @Test
    void appendsAndFetchesGoOnAtFullSpeedWhileSegmentsAreDropped() throws InterruptedException {
        var topic = pod.topic("busy", 4);
        var load = new Load(topic);
        load.start();
        var before = load.longestPauseDuring(() -> load.passes(2_000));
        var dropped = new AtomicLong();
        var during = load.longestPauseDuring(() -> {
            for (var i = 0; i < 20; i++) {
                newSegment(topic);
                load.passes(100);
                // Long enough for the readers to keep up.
                dropped.addAndGet(run(Duration.ofMillis(500)).dropped());
            }
        });
        load.stop();
        System.out.printf(
                "dropped %d segments under %d appends and %d fetches: longest pause %d ms, before %d ms; for a table %d ms%n",
                dropped.get(),
                load.appends.get(),
                load.fetches.get(),
                during.toMillis(),
                before.toMillis(),
                load.longestTableWait().toMillis());
        assertThat(dropped.get()).isGreaterThan(5);
        // Not the pauses: what else the machine does makes longer ones. The benchmark of retention compares them.
        assertThat(load.longestTableWait()).isLessThan(Duration.ofSeconds(1));
    }

    @Test
    void aReaderOfOldSegmentsHoldsUpTheDropAndNobodyElse() throws Exception {
        var topic = pod.topic("old", 2);
        append(topic, 0, "a");
        newSegment(topic);
        run(AT_ONCE);
        connection.setAutoCommit(false);
        strings("select count(*) from stream.batches");
        var load = new Load(topic);
        load.start();
        var before = load.longestPauseDuring(() -> load.passes(500));
        var during =
                load.longestPauseDuring(() -> assertThat(run(AT_ONCE).dropped()).isZero());
        load.stop();
        System.out.printf(
                "longest pause behind a drop that cannot have its locks: %d ms, before %d ms%n",
                during.toMillis(), before.toMillis());
        assertThat(load.longestTableWait()).isLessThan(Duration.ofSeconds(1));
        connection.rollback();
        connection.setAutoCommit(true);

        assertThat(run(AT_ONCE).dropped()).isEqualTo(1);
    }

    private static final String LONGEST_TABLE_WAIT = """
            select coalesce(max(extract(epoch from clock_timestamp() - l.waitstart) * 1000), 0)::bigint
            from pg_locks l
            join pg_stat_activity a on a.pid = l.pid
            where not l.granted and l.locktype = 'relation' and a.datname = current_database() and a.query not like '%drop_segment%'
            """;

    /** Appends to and fetches from every partition of a topic, each as fast as it can, and how long one took at most. */
    private final class Load {
        final AtomicLong appends = new AtomicLong();
        final AtomicLong fetches = new AtomicLong();
        private final Topic topic;
        private final AtomicBoolean running = new AtomicBoolean(true);
        private final AtomicLong longestNanos = new AtomicLong();
        private final List<Thread> threads = new ArrayList<>();

        private final AtomicLong longestTableWaitMillis = new AtomicLong();

        Load(Topic topic) {
            this.topic = topic;
        }

        void start() {
            threads.add(Thread.startVirtualThread(this::watch));
            for (var i = 0; i < topic.partitions(); i++) {
                var partition = i;
                threads.add(Thread.startVirtualThread(() -> {
                    while (running.get()) {
                        timed(() -> append(topic, partition, "value"));
                        appends.incrementAndGet();
                    }
                }));
                threads.add(Thread.startVirtualThread(() -> {
                    var next = get(pod.log.endOffset(topic, partition));
                    while (running.get()) {
                        var from = next;
                        try {
                            next += timed(() -> get(pod.log.fetch(topic, partition, from, 1 << 16)))
                                    .size();
                        } catch (DatabaseFailure slow) {
                            // On a busy machine it may be half a second behind, and what it wanted is gone.
                            next = get(pod.groups.beginOffset(topic, partition));
                        }
                        fetches.incrementAndGet();
                    }
                }));
            }
        }

        private void watch() {
            try (var watching = database.connect();
                    var statement = watching.prepareStatement(LONGEST_TABLE_WAIT)) {
                while (running.get()) {
                    try (var rows = statement.executeQuery()) {
                        rows.next();
                        longestTableWaitMillis.accumulateAndGet(rows.getLong(1), Math::max);
                    }
                }
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        }

        /** How long a statement that does not drop was seen to wait for a table. */
        Duration longestTableWait() {
            return Duration.ofMillis(longestTableWaitMillis.get());
        }

        private <T> T timed(Supplier<T> work) {
            var started = System.nanoTime();
            var done = work.get();
            longestNanos.accumulateAndGet(System.nanoTime() - started, Math::max);
            return done;
        }

        void passes(int more) {
            var from = appends.get();
            await().atMost(Duration.ofMinutes(1))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> appends.get() >= from + more);
        }

        Duration longestPauseDuring(Runnable work) {
            longestNanos.set(0);
            work.run();
            return Duration.ofNanos(longestNanos.get());
        }

        void stop() throws InterruptedException {
            running.set(false);
            for (var thread : threads) {
                thread.join();
            }
        }
    }

    private void execute(String sql) {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    private List<String> strings(String sql) {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            var strings = new ArrayList<String>();
            while (rows.next()) {
                strings.add(String.valueOf(rows.getString(1)));
            }
            return strings;
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }
}
