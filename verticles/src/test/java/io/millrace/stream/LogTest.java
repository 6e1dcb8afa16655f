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
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LogTest {

    private static final int ALL = 1 << 30;

    private final TestDatabase database = TestDatabase.create();
    private final List<TestPod> pods = new ArrayList<>(List.of(new TestPod(database)));
    private final TestPod pod = pods.getFirst();
    private final Log log = pod.log;

    @AfterEach
    void close() {
        pods.forEach(TestPod::close);
        database.close();
    }

    private static ProducerRecord record(@Nullable String value) {
        return new ProducerRecord(null, value == null ? null : Buffer.buffer(value));
    }

    private static List<ProducerRecord> records(String... values) {
        return Arrays.stream(values).map(LogTest::record).toList();
    }

    private Appended append(Topic topic, int partition, String... values) {
        return get(pod.database.inTransaction(connection ->
                Log.append(connection, topic, partition, UUID.randomUUID(), records(values), Log.FIRST_TRY)));
    }

    private static List<String> values(List<ConsumerRecord> records) {
        return records.stream().map(record -> record.requiredValue().toString()).toList();
    }

    /** Everything from an offset on, as a consumer reads it. */
    private List<ConsumerRecord> readAll(Topic topic, int partition, long from, int maxBytes) {
        var all = new ArrayList<ConsumerRecord>();
        while (true) {
            var next = all.isEmpty() ? from : all.getLast().offset() + 1;
            var records = get(log.fetch(topic, partition, next, maxBytes));
            if (records.isEmpty()) {
                return all;
            }
            all.addAll(records);
        }
    }

    @Test
    void aTopicIsMadeOnceAndKeepsItsPartitions() {
        var made = get(Future.all(IntStream.range(0, 6)
                        .mapToObj(i -> log.createTopic("same", 3 + i))
                        .toList()))
                .<Topic>list();

        assertThat(made).hasSize(6).allMatch(made.getFirst()::equals);
        assertThat(get(new Log(pod.database).topic("same"))).isEqualTo(made.getFirst());
        assertThat(get(log.topic("other"))).isNull();
    }

    @Test
    void makingATopicDoesNotWaitForAnAppendUnderWay() {
        var topic = pod.topic("busy", 1);
        get(pod.database.inTransaction(
                connection -> Log.append(connection, topic, 0, UUID.randomUUID(), records("open"), Log.FIRST_TRY)
                        .compose(appended -> log.createTopic("another", 2))
                        .map(another -> assertThat(another.partitions()).isEqualTo(2))));
    }

    @Test
    void offsetsHaveNoGapAndFollowOneAnotherUnderManyAppenders() {
        pods.add(new TestPod(database));
        pods.add(new TestPod(database));
        var topic = pod.topic("contended", 2);
        var told = List.of(new ConcurrentHashMap<Long, String>(), new ConcurrentHashMap<Long, String>());
        var chains = new ArrayList<Future<?>>();
        for (var i = 0; i < pods.size(); i++) {
            for (var partition = 0; partition < 2; partition++) {
                // Three in a row wait for one another, so that each pod flushes a hundred times and more.
                for (var chain = 0; chain < 3; chain++) {
                    var name = "pod " + i + " chain " + chain + " record ";
                    chains.add(chain(pods.get(i), topic, partition, name, 100, told.get(partition)));
                }
            }
        }
        get(Future.all(chains));

        for (var partition = 0; partition < 2; partition++) {
            var seen = readAll(topic, partition, 0, 5_000);
            assertThat(seen).hasSize(900);
            for (var i = 0; i < seen.size(); i++) {
                assertThat(seen.get(i).offset()).isEqualTo(i);
            }
            assertThat(get(log.endOffset(topic, partition))).isEqualTo(900);
            assertThat(values(seen)).doesNotHaveDuplicates();
            var positions = told.get(partition);
            assertThat(values(seen))
                    .isEqualTo(IntStream.range(0, 900)
                            .mapToObj(i -> positions.get((long) i))
                            .toList());
        }
    }

    private static Future<?> chain(
            TestPod from, Topic topic, int partition, String name, int length, Map<Long, String> told) {
        Future<?> last = Future.succeededFuture();
        for (var i = 0; i < length; i++) {
            var value = name + i;
            last = last.compose(before -> from.appender.append(topic, partition, record(value)))
                    .onSuccess(appended -> told.put(appended.from(), value));
        }
        return last;
    }

    @Test
    void aReaderNeverSkipsARecordThatCommitsLate() {
        pods.add(new TestPod(database));
        var topic = pod.topic("late", 1);
        var late = get(pod.database.pool().getConnection());
        get(late.query("begin").execute());
        get(Log.append(late, topic, 0, UUID.randomUUID(), records("late"), Log.FIRST_TRY));
        var next = pods.get(1).appender.append(topic, 0, record("next"));
        awaitWaitingForALock();

        assertThat(next.isComplete()).isFalse();
        assertThat(get(log.fetch(topic, 0, 0, ALL))).isEmpty();
        get(late.query("commit").execute());
        get(late.close());
        assertThat(get(next).from()).isEqualTo(1);
        assertThat(values(get(log.fetch(topic, 0, 0, ALL)))).containsExactly("late", "next");
    }

    @Test
    void aRecordWhoseTransactionIsRolledBackLeavesNoGap() {
        pods.add(new TestPod(database));
        var topic = pod.topic("rolled-back", 1);
        var never = get(pod.database.pool().getConnection());
        get(never.query("begin").execute());
        get(Log.append(never, topic, 0, UUID.randomUUID(), records("never"), Log.FIRST_TRY));
        var next = pods.get(1).appender.append(topic, 0, record("next"));
        awaitWaitingForALock();
        get(never.query("rollback").execute());
        get(never.close());

        assertThat(get(next).from()).isZero();
        assertThat(values(get(log.fetch(topic, 0, 0, ALL)))).containsExactly("next");
    }

    private void awaitWaitingForALock() {
        await().until(() -> count("select count(*) from pg_locks l join pg_database d on d.oid = l.database"
                        + " where d.datname = current_database() and not l.granted")
                == 1);
    }

    @Test
    void transactionsOverSeveralPartitionsDoNotDeadlock() {
        pods.add(new TestPod(database));
        var first = pod.topic("first", 4);
        var second = pod.topic("second", 4);
        pods.get(1).topic("first", 4);
        pods.get(1).topic("second", 4);
        var random = new Random(7);
        var running = new ArrayList<Future<?>>();
        for (var i = 0; i < 200; i++) {
            var appends = new ArrayList<Effects.Append>();
            for (var partition = 0; partition < 4; partition++) {
                appends.add(new Effects.Append("first", partition, records("x")));
                appends.add(new Effects.Append("second", partition, records("y")));
            }
            Collections.shuffle(appends, random);
            var from = pods.get(i % 2);
            running.add(from.database.inTransaction(connection -> from.log.append(connection, appends)));
        }
        get(Future.all(running));

        for (var partition = 0; partition < 4; partition++) {
            assertThat(get(log.endOffset(first, partition))).isEqualTo(200);
            assertThat(get(log.endOffset(second, partition))).isEqualTo(200);
        }
    }

    @Test
    void aFetchBeginsInTheMiddleOfABatch() {
        var topic = pod.topic("slices", 1);
        append(topic, 0, "a", "b", "c");
        append(topic, 0, "d", "e");

        assertThat(values(get(log.fetch(topic, 0, 0, ALL)))).containsExactly("a", "b", "c", "d", "e");
        assertThat(values(get(log.fetch(topic, 0, 1, ALL)))).containsExactly("b", "c", "d", "e");
        assertThat(values(get(log.fetch(topic, 0, 2, 1)))).containsExactly("c");
        assertThat(values(get(log.fetch(topic, 0, 4, 1)))).containsExactly("e");
        assertThat(get(log.fetch(topic, 0, 5, ALL))).isEmpty();
        assertThat(get(log.fetch(topic, 0, 500, ALL))).isEmpty();
    }

    @Test
    void aFetchGivesOneRecordAtLeastAndStopsWhereTheBytesArePassed() {
        var topic = pod.topic("bounded", 1);
        for (var i = 0; i < 10; i++) {
            append(topic, 0, "x".repeat(1_000));
        }

        assertThat(get(log.fetch(topic, 0, 0, 1))).hasSize(1);
        assertThat(get(log.fetch(topic, 0, 0, 1_500))).hasSize(2);
        assertThat(get(log.fetch(topic, 0, 3, 4_000))).hasSize(4);
        assertThat(readAll(topic, 0, 0, 2_500)).hasSize(10);
    }

    @Test
    void keysValuesAndHeadersComeBackAsTheyWere() {
        var topic = pod.topic("contents", 1);
        var big = new byte[5 << 20];
        new Random(1).nextBytes(big);
        var records = List.of(
                new ProducerRecord(null, null),
                new ProducerRecord(Buffer.buffer(), Buffer.buffer()),
                new ProducerRecord(Buffer.buffer(new byte[] {0, -1}), Buffer.buffer("é\0")),
                new ProducerRecord(
                        Buffer.buffer("k"),
                        Buffer.buffer(big),
                        List.of(new Header("h", Buffer.buffer("v")), new Header("h", null))));
        get(Future.all(records.stream()
                .map(record -> pod.appender.append(topic, 0, record))
                .toList()));

        var read = readAll(topic, 0, 0, 1 << 20);
        assertThat(read).hasSize(4);
        for (var i = 0; i < 4; i++) {
            assertThat(read.get(i).key()).isEqualTo(records.get(i).key());
            assertThat(read.get(i).value()).isEqualTo(records.get(i).value());
            assertThat(read.get(i).headers()).isEqualTo(records.get(i).headers());
        }
    }

    @Test
    void anAppendWithAnIdThatIsThereGivesItsOldPosition() {
        var topic = pod.topic("repeated", 1);
        append(topic, 0, "before");
        var id = UUID.randomUUID();
        var first = get(Log.append(pod.database.pool(), topic, 0, id, records("once", "twice"), 1));
        append(topic, 0, "others");

        assertThat(get(Log.append(pod.database.pool(), topic, 0, id, records("once", "twice"), 1)))
                .isEqualTo(first);
        assertThat(values(readAll(topic, 0, 0, ALL))).containsExactly("before", "once", "twice", "others");
    }

    @Test
    void aPartitionThatDoesNotExistIsMissing() {
        var topic = pod.topic("small", 1);

        assertThat(failure(Log.append(pod.database.pool(), topic, 1, UUID.randomUUID(), records("x"), Log.FIRST_TRY)))
                .isInstanceOfSatisfying(
                        DatabaseFailure.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.MISSING));
    }

    @Test
    void segmentsFollowOneAnotherWithoutATrace() throws SQLException {
        var topic = pod.topic("segmented", 2);
        append(topic, 0, "a", "b");
        newSegment(topic, "clock_timestamp()");
        append(topic, 0, "c");
        newSegment(topic, "clock_timestamp()");
        // Partition 1 skips a segment, partition 0 has a batch in each.
        append(topic, 1, "only");
        append(topic, 0, "d");
        newSegment(topic, "clock_timestamp() + interval '1 hour'");
        append(topic, 0, "e");

        assertThat(count("select count(distinct segment_id) from stream.batches where partition_id = 0"))
                .isEqualTo(3);
        assertThat(values(readAll(topic, 0, 0, ALL))).containsExactly("a", "b", "c", "d", "e");
        for (var offset = 0; offset < 5; offset++) {
            assertThat(get(log.fetch(topic, 0, offset, 1)).getFirst().offset()).isEqualTo(offset);
        }
        assertThat(values(readAll(topic, 1, 0, ALL))).containsExactly("only");
        assertThat(get(log.endOffset(topic, 0))).isEqualTo(5);
        assertThat(count("select count(*) from stream.batches b join stream.segments s using (topic_id, segment_id)"
                        + " where s.starts_at > b.created_at"))
                .isZero();
    }

    @Test
    void anIdIsFoundAgainInAnEarlierSegment() throws SQLException {
        var topic = pod.topic("doubtful", 1);
        var id = UUID.randomUUID();
        var first = get(Log.append(pod.database.pool(), topic, 0, id, records("x"), 0));
        newSegment(topic, "clock_timestamp()");
        append(topic, 0, "y");

        assertThat(get(Log.append(pod.database.pool(), topic, 0, id, records("x"), 0)))
                .isEqualTo(first);
    }

    @Test
    void segmentsAreMadeAheadOfTimeAndOnlyOnce() throws SQLException {
        pod.topic("ahead", 1);
        var before = count("select count(*) from stream.segments");

        var length = Duration.ofDays(1);
        assertThat(get(pod.groups.createSegmentsAhead(length, Duration.ofHours(6))))
                .isZero();
        assertThat(get(pod.groups.createSegmentsAhead(length, Duration.ofHours(25))))
                .isEqualTo(2);
        assertThat(get(pod.groups.createSegmentsAhead(length, Duration.ofHours(25))))
                .isZero();
        assertThat(count("select count(*) from stream.segments")).isEqualTo(before + 2);
    }

    @Test
    void anOffsetBeforeTheBeginningIsOutOfRange() throws SQLException {
        var topic = pod.topic("dropped", 1);
        append(topic, 0, "gone");
        newSegment(topic, "clock_timestamp()");
        append(topic, 0, "kept");
        execute("delete from stream.segment_starts where segment_id = 1");
        execute("update stream.partitions set floor_offset = 1");

        assertThat(failure(log.fetch(topic, 0, 0, ALL)))
                .isInstanceOfSatisfying(
                        DatabaseFailure.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.OFFSET_OUT_OF_RANGE));
        assertThat(values(get(log.fetch(topic, 0, 1, ALL)))).containsExactly("kept");
    }

    @Test
    void aPartitionWhoseRecordsWereAllDroppedGoesOnWhereItEnded() throws SQLException {
        var topic = pod.topic("empty", 1);
        execute("update stream.partitions set floor_offset = 41");

        assertThat(get(log.endOffset(topic, 0))).isEqualTo(41);
        assertThat(append(topic, 0, "next").from()).isEqualTo(41);
        assertThat(values(get(log.fetch(topic, 0, 41, ALL)))).containsExactly("next");
    }

    @Test
    void timeNeverRunsBackwardsWithinAPartition() throws SQLException {
        var topic = pod.topic("clock", 1);
        append(topic, 0, "a");
        // As if the server's clock had been an hour ahead then.
        execute("update stream.batches set created_at = created_at + interval '1 hour'");
        append(topic, 0, "b");
        append(topic, 0, "c");

        var times = readAll(topic, 0, 0, ALL).stream()
                .map(ConsumerRecord::timestamp)
                .toList();
        assertThat(times).isSorted();
        assertThat(times.get(2)).isAfter(Instant.now().plusSeconds(3_000));
    }

    @Test
    void anOffsetIsFoundByItsTimeAcrossSegments() throws SQLException {
        var topic = pod.topic("timed", 1);
        append(topic, 0, "a", "b");
        newSegment(topic, "clock_timestamp()");
        append(topic, 0, "c");
        append(topic, 0, "d");
        execute(
                "update stream.batches set created_at = '2026-01-01 00:00Z'::timestamptz + base_offset * interval '1 hour'");
        var start = Instant.parse("2026-01-01T00:00:00Z");

        assertThat(get(log.offsetAt(topic, 0, start.minusSeconds(1)))).isZero();
        assertThat(get(log.offsetAt(topic, 0, start))).isZero();
        assertThat(get(log.offsetAt(topic, 0, start.plusSeconds(1)))).isEqualTo(2);
        assertThat(get(log.offsetAt(topic, 0, start.plusSeconds(3 * 3_600)))).isEqualTo(3);
        assertThat(get(log.offsetAt(topic, 0, start.plusSeconds(4 * 3_600)))).isEqualTo(4);
    }

    @Test
    void theViewsShowRecordsAndLag() throws SQLException {
        var topic = pod.topic("viewed", 1);
        get(pod.groups.createGroup("viewer", topic));
        append(topic, 0, "a", "b");
        append(topic, 0, "c");

        assertThat(count("select count(*) from stream.records where topic = 'viewed' and \"offset\" in (0, 1, 2)"))
                .isEqualTo(3);
        assertThat(count("select lag from stream.lag where \"group\" = 'viewer'"))
                .isEqualTo(3);
    }

    private void newSegment(Topic topic, String startsAt) throws SQLException {
        execute("select stream.create_segment(" + topic.id() + ", " + startsAt + ")");
    }

    private void execute(String sql) throws SQLException {
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private long count(String sql) throws SQLException {
        try (var connection = database.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
