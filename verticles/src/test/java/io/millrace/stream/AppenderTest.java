package io.millrace.stream;

import static io.millrace.stream.Futures.failure;
import static io.millrace.stream.Futures.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.DatabaseFailure;
import io.millrace.pg.DatabaseFailure.Kind;
import io.millrace.pg.FaultyProxy;
import io.millrace.pg.FaultyProxy.Cut;
import io.millrace.pg.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Answers that do not come: a record is there once or not at all, and its sender is never told anything else. */
class AppenderTest {

    private final TestDatabase database = TestDatabase.create();
    private final FaultyProxy proxy = new FaultyProxy(database.host(), database.port());
    private final TestPod pod =
            new TestPod(database.settings(proxy.port(), TestPod.SMALL_POOL), Duration.ofSeconds(30));
    private final TestPod other = new TestPod(database);
    private final Appender appender = new Appender(pod.database, pod.log, 1 << 20, Duration.ofSeconds(10));
    private final Topic topic = pod.topic("appended", 2);

    @AfterEach
    void close() {
        pod.close();
        other.close();
        proxy.close();
        database.close();
    }

    private static ProducerRecord record(String value) {
        return new ProducerRecord(null, Buffer.buffer(value));
    }

    private static Kind kind(Future<?> future) {
        return failure(future) instanceof DatabaseFailure failure ? failure.kind() : Kind.MISSING;
    }

    private List<String> values(int partition) {
        return get(other.log.fetch(topic, partition, 0, 1 << 24)).stream()
                .map(record -> record.requiredValue().toString())
                .toList();
    }

    @Test
    void aLostAnswerIsFoundOutAndTheRecordIsThereOnce() {
        get(appender.append(topic, 0, record("first")));
        proxy.cut("doubtful", Cut.BEFORE_ANSWER, 1);

        var appended = get(appender.append(topic, 0, record("doubtful")));

        assertThat(proxy.cuts()).isEqualTo(1);
        assertThat(appended).isEqualTo(new Appended("appended", 0, 1, 2));
        assertThat(values(0)).containsExactly("first", "doubtful");
    }

    @Test
    void aStatementThatDidNotArriveIsSentAgain() {
        get(appender.append(topic, 0, record("first")));
        proxy.cut("lost", Cut.BEFORE_SERVER, 3);

        var appended = get(appender.append(topic, 0, record("lost")));

        assertThat(proxy.cuts()).isEqualTo(3);
        assertThat(appended.from()).isEqualTo(1);
        assertThat(values(0)).containsExactly("first", "lost");
    }

    @Test
    void theVeryFirstAppendOfAProcessMayLoseItsAnswerToo() {
        get(other.appender.append(topic, 0, record("of another pod")));
        proxy.cut("doubtful", Cut.BEFORE_ANSWER, 1);

        assertThat(get(appender.append(topic, 0, record("doubtful"))).from()).isEqualTo(1);
        assertThat(values(0)).containsExactly("of another pod", "doubtful");
    }

    @Test
    void aTransactionInDoubtThatIsStillRunningIsWaitedFor() throws SQLException {
        get(appender.append(topic, 0, record("first")));
        try (var blocker = database.connect()) {
            blocker.setAutoCommit(false);
            execute(blocker, "select pg_advisory_xact_lock(stream.lock_key(" + topic.id() + ", 0))");
            proxy.cut("doubtful", Cut.BEFORE_ANSWER, 1);
            var appended = appender.append(topic, 0, record("doubtful"));
            // The first try and the second both wait for the partition now: the first is not decided yet.
            await().until(() -> count("select count(*) from pg_locks l join pg_database d on d.oid = l.database"
                            + " where d.datname = current_database() and l.locktype = 'advisory' and not l.granted")
                    == 2);
            blocker.rollback();

            assertThat(get(appended).from()).isEqualTo(1);
        }
        assertThat(values(0)).containsExactly("first", "doubtful");
    }

    @Test
    void whatOthersAppendMeanwhileDoesNotHideTheDoubtfulBatch() {
        get(appender.append(topic, 0, record("first")));
        for (var i = 0; i < 20; i++) {
            get(other.appender.append(topic, 0, record("other " + i)));
        }
        proxy.cut("doubtful", Cut.BEFORE_ANSWER, 1);
        var appended = appender.append(topic, 0, record("doubtful"));
        for (var i = 20; i < 40; i++) {
            get(other.appender.append(topic, 0, record("other " + i)));
        }

        var position = get(appended);
        assertThat(values(0)).hasSize(42).doesNotHaveDuplicates();
        assertThat(values(0).get((int) position.from())).isEqualTo("doubtful");
    }

    @Test
    void callersOfOneFlushAllGetTheirOwnPositionAfterALostAnswer() {
        get(appender.append(topic, 0, record("first")));
        proxy.cut("value-19", Cut.BEFORE_ANSWER, 1);
        var appends = IntStream.range(0, 20)
                .mapToObj(i -> appender.append(topic, 0, record("value-" + i)))
                .toList();
        get(Future.all(appends));

        assertThat(proxy.cuts()).isEqualTo(1);
        var values = values(0);
        assertThat(values).hasSize(21);
        for (var i = 0; i < 20; i++) {
            assertThat(values.get((int) get(appends.get(i)).from())).isEqualTo("value-" + i);
        }
    }

    @Test
    void whenTheDatabaseStaysAwayAfterAStatementWasSentTheOutcomeIsUnknown() {
        var impatient = new Appender(pod.database, pod.log, 1 << 20, Duration.ofMillis(600));
        get(impatient.append(topic, 0, record("first")));
        // Each try, so that it does not matter how many there are before the database is away.
        proxy.cut("doubtful", Cut.BEFORE_ANSWER, Integer.MAX_VALUE);

        var appended = impatient.append(topic, 0, record("doubtful"));
        await().until(() -> proxy.cuts() >= 1);
        proxy.down();

        assertThat(kind(appended)).isEqualTo(Kind.UNKNOWN);
        proxy.up();
        get(impatient.append(topic, 0, record("last")));
        assertThat(values(0)).startsWith("first").endsWith("last");
    }

    @Test
    void whenNothingWasEverSentTheDatabaseIsUnavailableAndNothingIsStored() {
        get(appender.append(topic, 0, record("first")));
        proxy.down();
        // Partition 1 was never appended to, so its end is asked for before anything is sent.
        assertThat(kind(appender.append(topic, 1, record("never")))).isEqualTo(Kind.UNAVAILABLE);
        // By now the pool knows that its connections broke.
        assertThat(kind(appender.append(topic, 0, record("never")))).isEqualTo(Kind.UNAVAILABLE);
        proxy.up();
        get(appender.append(topic, 0, record("second")));

        assertThat(values(0)).containsExactly("first", "second");
        assertThat(values(1)).isEmpty();
    }

    @Test
    void pastTheBudgetAppendsAreRefusedAndNothingOfThemIsStored() throws SQLException {
        var small = new Appender(pod.database, pod.log, 1_000);
        get(small.append(topic, 0, record("warm")));
        try (var blocker = database.connect()) {
            blocker.setAutoCommit(false);
            execute(blocker, "select pg_advisory_xact_lock(stream.lock_key(" + topic.id() + ", 0))");
            var taken = small.append(topic, 0, record("x".repeat(800)));
            assertThat(failure(small.append(topic, 1, record("y".repeat(800)))))
                    .isInstanceOf(GroupCommit.Overloaded.class);
            blocker.rollback();
            get(taken);
        }
        get(small.append(topic, 1, record("z".repeat(800))));
        assertThat(values(0)).hasSize(2);
        assertThat(values(1)).containsExactly("z".repeat(800));
    }

    @Test
    void positionsArePublishedOnceTheyAreCommitted() {
        var heard = new CopyOnWriteArrayList<Long>();
        pod.vertx
                .eventBus()
                .<Appended>localConsumer(
                        Appended.address("appended"),
                        message -> heard.add(message.body().to()));
        get(appender.append(topic, 0, record("a")));
        get(appender.append(topic, 0, record("b")));

        await().until(() -> heard.equals(List.of(1L, 2L)));
    }

    @Test
    void everyRecordIsThereOnceThoughConnectionsBreakAgainAndAgain() {
        var appends = new ArrayList<Future<Appended>>();
        for (var round = 0; round < 6; round++) {
            proxy.cut("marked", round % 2 == 0 ? Cut.BEFORE_ANSWER : Cut.BEFORE_SERVER, 2);
            for (var i = 0; i < 10; i++) {
                var value = (i % 4 == 0 ? "marked " : "plain ") + round + "/" + i;
                appends.add(appender.append(topic, i % 2, record(value)));
            }
            get(Future.all(appends));
        }

        assertThat(proxy.cuts()).isGreaterThanOrEqualTo(6);
        var all = new ArrayList<>(values(0));
        all.addAll(values(1));
        assertThat(all).hasSize(60).doesNotHaveDuplicates();
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
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
