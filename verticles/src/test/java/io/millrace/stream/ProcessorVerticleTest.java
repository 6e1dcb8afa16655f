package io.millrace.stream;

import static io.millrace.stream.Futures.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.FaultyProxy;
import io.millrace.pg.FaultyProxy.Cut;
import io.millrace.pg.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whole pods that read a topic, write rows and append to the next topic, while everything goes wrong that can. */
class ProcessorVerticleTest {

    private static final int PARTITIONS = 4;

    private final TestDatabase database = TestDatabase.create();
    private final FaultyProxy proxy = new FaultyProxy(database.host(), database.port());
    private final List<TestPod> pods = new ArrayList<>();
    private final TestPod pod = pod(Duration.ofSeconds(30));
    private final Topic in = pod.topic("in", PARTITIONS);
    private final Topic out = pod.topic("out", PARTITIONS);
    private final Topic deadLetters = get(pod.log.createTopic(Topic.deadLetters("in"), PARTITIONS));

    /** What a test makes the processor do; nothing of it is undone when a processor is made anew. */
    private volatile Hook onLoad = batch -> {};

    private volatile Hook onDecide = batch -> {};
    private volatile Hook onDeadLetter = batch -> {};
    private final ConcurrentLinkedQueue<Batch> batches = new ConcurrentLinkedQueue<>();

    @FunctionalInterface
    private interface Hook {
        void meets(Batch batch) throws Exception;

        /** Throws when the batch holds a record of that value. */
        static Hook failing(String value, AtomicInteger times, RuntimeException thrown) {
            return batch -> {
                if (holds(batch, value) && times.getAndDecrement() > 0) {
                    throw thrown;
                }
            };
        }
    }

    private static boolean holds(Batch batch, String value) {
        return batch.records().stream()
                .anyMatch(record -> record.requiredValue().toString().equals(value));
    }

    /** Writes a row for each record, and appends it to the same partition of the next topic. */
    private final class Copying implements Processor<Long> {
        @Override
        public Long load(Batch batch, SqlClient client) throws Exception {
            onLoad.meets(batch);
            return client.query("select count(*) from effects")
                    .execute()
                    .await()
                    .iterator()
                    .next()
                    .getLong(0);
        }

        private static final String INSERT = """
                insert into effects (partition_id, record_offset, content)
                select $1, o, c
                from unnest($2::bigint[], $3::text[]) r (o, c)
                """;

        @Override
        public Effects decide(Batch batch, Long state) throws Exception {
            batches.add(batch);
            onDecide.meets(batch);
            var offsets = batch.records().stream().map(ConsumerRecord::offset).toArray(Long[]::new);
            var contents = batch.records().stream()
                    .map(record -> record.requiredValue().toString())
                    .toArray(String[]::new);
            return Effects.builder()
                    .write(new Write(INSERT, Tuple.of(batch.partition(), offsets, contents)))
                    .append(
                            "out",
                            batch.partition(),
                            batch.records().stream()
                                    .map(record -> new ProducerRecord(record.key(), record.value()))
                                    .toList())
                    .build();
        }

        @Override
        public Effects onDeadLetter(ConsumerRecord record, String reason) {
            try {
                onDeadLetter.meets(new Batch("in", record.partition(), List.of(record), false));
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            return Effects.builder()
                    .write(new Write("insert into failures (reason) values ($1)", Tuple.of(reason)))
                    .build();
        }
    }

    @BeforeEach
    void makeTables() {
        execute("create table effects (partition_id int, record_offset bigint, content text,"
                + " constraint no_refused check (content <> 'refused'))");
        execute("create table failures (reason text)");
    }

    @AfterEach
    void close() {
        pods.forEach(TestPod::close);
        proxy.close();
        database.close();
    }

    private TestPod pod(Duration deadline) {
        var made = new TestPod(database.settings(proxy.port(), TestPod.SMALL_POOL), deadline);
        pods.add(made);
        made.topic("in", PARTITIONS);
        made.topic("out", PARTITIONS);
        return made;
    }

    private Subscription copying() {
        return new Subscription("copying", "in", new Subscription.Limits(50, 1 << 20), partition -> new Copying());
    }

    /** Appends values, spread over the partitions in turn; the order within a partition is theirs. */
    private void append(List<String> values) {
        var appends = new ArrayList<Future<?>>();
        for (var i = 0; i < values.size(); i++) {
            appends.add(
                    pod.appender.append(in, i % PARTITIONS, ProducerRecord.of("k" + i, Buffer.buffer(values.get(i)))));
        }
        get(Future.all(appends));
    }

    private static List<String> values(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
    }

    private void awaitCaughtUp() {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> number("select sum(lag) from stream.lag where \"group\" = 'copying'") == 0);
    }

    /** Each of these values once, in a row and in the next topic; nothing else. */
    private void assertEffectsOfEachOnce(List<String> expected) {
        var rows = strings("select content from effects");
        assertThat(rows).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(number("select count(distinct (partition_id, record_offset)) from effects"))
                .isEqualTo(expected.size());
        var passedOn = strings("select convert_from(value, 'UTF8') from stream.records where topic = 'out'");
        assertThat(passedOn).containsExactlyInAnyOrderElementsOf(expected);
    }

    private List<ConsumerRecord> deadLetters() {
        var letters = new ArrayList<ConsumerRecord>();
        for (var partition = 0; partition < PARTITIONS; partition++) {
            letters.addAll(get(pod.log.fetch(deadLetters, partition, 0, 1 << 24)));
        }
        return letters;
    }

    private static Map<String, String> headers(ConsumerRecord record) {
        var headers = new HashMap<String, String>();
        record.headers().forEach(header -> headers.put(header.name(), String.valueOf(header.value())));
        return headers;
    }

    @Test
    void whatIsAppendedTakesEffectOnceAndComesOutOfTheNextTopicInOrder() {
        pod.run(copying());
        append(values("v", 2_000));
        awaitCaughtUp();

        assertEffectsOfEachOnce(values("v", 2_000));
        for (var partition = 0; partition < PARTITIONS; partition++) {
            var read = get(pod.log.fetch(in, partition, 0, 1 << 24));
            var passedOn = get(pod.log.fetch(out, partition, 0, 1 << 24));
            assertThat(passedOn)
                    .extracting(ConsumerRecord::value)
                    .isEqualTo(read.stream().map(ConsumerRecord::value).toList());
            assertThat(passedOn)
                    .extracting(ConsumerRecord::keyText)
                    .isEqualTo(read.stream().map(ConsumerRecord::keyText).toList());
        }
        // The runner hears of a commit a little later than those who read the database.
        await().until(() -> committed(pod) == 2_000);
    }

    @Test
    void aRecordThatIsAppendedToAnIdleGroupIsNotMissed() {
        pod.run(copying());
        for (var i = 0; i < 20; i++) {
            append(List.of("v" + i));
            awaitCaughtUp();
        }
        assertEffectsOfEachOnce(values("v", 20));
    }

    @Test
    void whatFailsOnceIsTriedAgainAndTakesEffectOnce() {
        onLoad = Hook.failing("v7", new AtomicInteger(1), new IllegalStateException("load, once"));
        onDecide = Hook.failing("v41", new AtomicInteger(2), new IllegalArgumentException("decide, twice"));
        append(values("v", 200));
        pod.run(copying());
        awaitCaughtUp();

        assertEffectsOfEachOnce(values("v", 200));
        assertThat(deadLetters()).isEmpty();
    }

    @Test
    void aRecordThatAlwaysFailsGoesToTheDeadLettersAndItsNeighboursDoNot() {
        onDecide = Hook.failing("v41", new AtomicInteger(1_000), new IllegalArgumentException("cannot be read"));
        append(values("v", 200));
        pod.run(copying());
        awaitCaughtUp();

        var others = new ArrayList<>(values("v", 200));
        others.remove("v41");
        assertEffectsOfEachOnce(others);
        assertThat(deadLetters()).singleElement().satisfies(letter -> {
            assertThat(letter.requiredValue()).hasToString("v41");
            assertThat(letter.keyText()).isEqualTo("k41");
            assertThat(headers(letter))
                    .containsEntry("millrace-reason", "java.lang.IllegalArgumentException: cannot be read")
                    .containsEntry("millrace-group", "copying")
                    .containsEntry("millrace-partition", "1")
                    .containsEntry("millrace-offset", "10");
        });
        assertThat(strings("select reason from failures"))
                .containsExactly("java.lang.IllegalArgumentException: cannot be read");
        assertThat(batches.stream().filter(batch -> batch.records().size() == 1 && holds(batch, "v41")))
                .as("attempts alone")
                .hasSize(3);
    }

    @Test
    void aRecordThatBringsDownItsThreadWithAnErrorIsARecordThatFails() {
        onDecide = batch -> {
            if (holds(batch, "v3")) {
                throw new StackOverflowError("nested too deeply");
            }
        };
        append(values("v", 20));
        pod.run(copying());
        awaitCaughtUp();

        assertThat(deadLetters()).hasSize(1);
        assertThat(number("select count(*) from effects")).isEqualTo(19);
    }

    @Test
    void aRecordWhoseRowsAreRefusedGoesToTheDeadLetters() {
        var values = new ArrayList<>(values("v", 100));
        values.set(33, "refused");
        append(values);
        pod.run(copying());
        awaitCaughtUp();

        values.remove("refused");
        assertEffectsOfEachOnce(values);
        assertThat(deadLetters())
                .singleElement()
                .satisfies(letter ->
                        assertThat(headers(letter).get("millrace-reason")).contains("no_refused", "23514"));
    }

    @Test
    void aDeadLetterIsWrittenAlsoWhenWhatBelongsBesideItCannotBe() {
        onDecide = Hook.failing("v5", new AtomicInteger(1_000), new IllegalArgumentException("bad"));
        onDeadLetter = batch -> {
            throw new IllegalStateException("bookkeeping");
        };
        append(values("v", 12));
        pod.run(copying());
        awaitCaughtUp();

        assertThat(deadLetters())
                .singleElement()
                .satisfies(letter ->
                        assertThat(headers(letter).get("millrace-reason")).contains("bad", "bookkeeping"));
        assertThat(number("select count(*) from effects")).isEqualTo(11);
    }

    @Test
    void anOutageIsWaitedForAndNothingIsDeadLettered() {
        var times = new AtomicInteger(12);
        onDecide = Hook.failing("v9", times, new Processor.Outage("extractor is down", new IllegalStateException()));
        append(values("v", 40));
        pod.run(copying());
        awaitCaughtUp();

        assertThat(times).hasValueLessThanOrEqualTo(0);
        assertEffectsOfEachOnce(values("v", 40));
        assertThat(deadLetters()).isEmpty();
    }

    @Test
    void aDatabaseThatGoesAwayIsWaitedForAndEachEffectIsThereOnce() {
        pod.run(copying());
        append(values("a", 400));
        proxy.down();
        proxy.up();
        append(values("b", 400));
        awaitCaughtUp();

        var all = new ArrayList<>(values("a", 400));
        all.addAll(values("b", 400));
        assertEffectsOfEachOnce(all);
        assertThat(deadLetters()).isEmpty();
    }

    @Test
    void commitsWhoseAnswersAreLostTakeEffectOnce() {
        proxy.cut("commit\0", Cut.BEFORE_ANSWER, 4);
        append(values("v", 1_000));
        pod.run(copying());
        await().until(() -> proxy.cuts() == 4);
        proxy.cut("commit\0", Cut.BEFORE_SERVER, 4);
        append(values("w", 600));
        awaitCaughtUp();

        assertThat(proxy.cuts()).isEqualTo(8);
        var all = new ArrayList<>(values("v", 1_000));
        all.addAll(values("w", 600));
        assertEffectsOfEachOnce(all);
        assertThat(deadLetters()).isEmpty();
    }

    @Test
    void backendsThatAreTerminatedMidwayCostNothing() {
        var rounds = new AtomicInteger();
        onDecide = batch -> {
            if (batch.from() % 50 == 0 && rounds.incrementAndGet() <= 6) {
                execute("select pg_terminate_backend(pid) from pg_stat_activity"
                        + " where datname = current_database() and application_name = 'millrace'"
                        + " and backend_type = 'client backend' and query not like '%heartbeat%'");
            }
        };
        append(values("v", 1_200));
        pod.run(copying());
        awaitCaughtUp();

        assertThat(rounds).hasValueGreaterThan(5);
        assertEffectsOfEachOnce(values("v", 1_200));
        assertThat(deadLetters()).isEmpty();
    }

    @Test
    void whatGoesWrongAfterACommitDoesNotRepeatTheBatch() {
        append(values("v", 40));
        pod.run(new Subscription("copying", "in", partition -> new Processor<Long>() {
            private final Copying copying = new Copying();

            @Override
            public Long load(Batch batch, SqlClient client) throws Exception {
                return copying.load(batch, client);
            }

            @Override
            public Effects decide(Batch batch, Long state) throws Exception {
                var effects = copying.decide(batch, state);
                return Effects.builder()
                        .write(effects.writes().getFirst())
                        .append(
                                "out",
                                batch.partition(),
                                effects.appends().getFirst().records())
                        // Nobody told the event bus how such a message travels.
                        .publish("nowhere", new Object())
                        .build();
            }
        }));
        awaitCaughtUp();

        assertEffectsOfEachOnce(values("v", 40));
        assertThat(deadLetters()).isEmpty();
    }

    @Test
    void aReceiptIsWrittenWithThePositionsOfWhatWasAppended() {
        append(values("v", 8));
        pod.run(new Subscription("copying", "in", partition -> new Processor<Integer>() {
            @Override
            public Integer load(Batch batch, SqlClient client) {
                return 0;
            }

            @Override
            public Effects decide(Batch batch, Integer state) {
                return Effects.builder()
                        .append("out", batch.partition(), List.of(new ProducerRecord(null, null)))
                        .receipt(appended -> new Write(
                                "insert into failures (reason) values ($1)",
                                Tuple.of(appended.stream()
                                        .map(one -> one.topic() + "/" + one.partition() + "@" + one.from())
                                        .toList()
                                        .toString())))
                        .build();
            }
        }));
        awaitCaughtUp();

        assertThat(strings("select reason from failures")).contains("[out/0@0]", "[out/1@0]", "[out/2@0]", "[out/3@0]");
    }

    @Test
    void aProcessorThatCannotBeMadeIsNoRecordsFault() {
        var broken = new AtomicBoolean(true);
        append(values("v", 8));
        pod.run(new Subscription("copying", "in", partition -> {
            if (broken.getAndSet(partition != 3)) {
                throw new IllegalStateException("no processor for " + partition);
            }
            return new Copying();
        }));
        broken.set(false);
        awaitCaughtUp();

        assertEffectsOfEachOnce(values("v", 8));
        assertThat(deadLetters()).isEmpty();
    }

    @Test
    void oneBadRecordCostsItsNeighboursLittle() {
        append(values("v", 400));
        onDecide = Hook.failing("v200", new AtomicInteger(Integer.MAX_VALUE), new IllegalStateException("bad"));
        pod.run(copying());
        awaitCaughtUp();

        assertThat(deadLetters()).hasSize(1);
        var others = new ArrayList<>(values("v", 400));
        others.remove("v200");
        assertEffectsOfEachOnce(others);
        // Fifty before it; then of fifty, six and one the first is bad, that one twice more, five alone, and the rest.
        assertThat(batches.stream().filter(batch -> batch.partition() == 0)).hasSize(12);
    }

    @Test
    void aBatchHoldsNoMoreOfWhatItsRecordsLoadThanOfTheLog() {
        var most = 1 << 20;
        for (var loads : List.of(1, most / 2, most / 2, 3 * most, 1, 1)) {
            get(pod.appender.append(
                    in, 0, ProducerRecord.of("k", Buffer.buffer("v" + loads)).with(Header.loads(loads))));
        }
        pod.run(copying());
        awaitCaughtUp();

        assertThat(batches.stream().map(batch -> batch.records().size())).containsExactly(2, 1, 1, 2);
    }

    @Test
    void smallBatchesOfAWaveShareATransaction() throws SQLException {
        append(values("v", 8));
        whileNothingCanBeCommitted(() -> {});
        awaitCaughtUp();

        assertEffectsOfEachOnce(values("v", 8));
        assertThat(number("select count(distinct xmin::text) from effects"))
                .as("one, and another for those who were late")
                .isLessThan(PARTITIONS);
        assertThat(batches).hasSize(PARTITIONS);
    }

    @Test
    void whoSharesATransactionWithABadRecordCommitsWithoutIt() throws SQLException {
        append(List.of("v0", "v1", "refused", "v3"));
        whileNothingCanBeCommitted(() -> {});
        awaitCaughtUp();

        assertEffectsOfEachOnce(List.of("v0", "v1", "v3"));
        assertThat(deadLetters()).hasSize(1);
        assertThat(batches.stream().filter(batch -> !holds(batch, "refused")))
                .as("nobody else's work is done again")
                .hasSize(PARTITIONS - 1);
    }

    @Test
    void whoSharesATransactionWithAFencedPartitionCommitsWithoutIt() throws SQLException {
        append(values("v", 4));
        var late = Promise.<Void>promise();
        onLoad = batch -> {
            if (batch.partition() >= 2) {
                Future.await(late.future());
            }
        };
        whileNothingCanBeCommitted(() -> {
            execute("""
                    select stream.seek(group_id, 3, 0)
                    from stream.groups
                    where name = 'copying'""");
            late.complete();
        });
        awaitCaughtUp();

        assertEffectsOfEachOnce(values("v", 4));
        assertThat(deadLetters()).isEmpty();
        await().until(() -> pod.commits.size() >= PARTITIONS);
        assertThat(pod.commits).extracting(Committed::partition).containsExactlyInAnyOrder(0, 1, 2, 3);
    }

    /** Starts the pod, does something when a transaction of it is held up, and ends that when every partition has decided. */
    private void whileNothingCanBeCommitted(Runnable then) throws SQLException {
        try (var blocker = database.connect();
                var statement = blocker.createStatement()) {
            blocker.setAutoCommit(false);
            statement.execute("lock table effects in share mode");
            pod.run(copying());
            await().until(() -> number("""
                    select count(*)
                    from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock' and query like 'insert into effects%'""") == 1);
            then.run();
            await().until(() -> batches.size() == PARTITIONS);
            blocker.rollback();
        }
    }

    @Test
    void workThatOverrunsItsDeadlineIsReported() throws InterruptedException {
        var slow = pod(Duration.ofMillis(150));
        var release = new CountDownLatch(1);
        onDecide = batch -> {
            if (holds(batch, "v2")) {
                release.await();
            }
        };
        append(values("v", 4));
        slow.run(copying());

        await().untilAsserted(() -> assertThat(slow.overruns)
                .anySatisfy(overrun -> assertThat(overrun).contains("copying", "partition 2", "offset 0")));
        // In a process the overrun has ended it; here the work ends after all.
        release.countDown();
        awaitCaughtUp();
        assertEffectsOfEachOnce(values("v", 4));
    }

    @Test
    void afterTwoUncleanEndsRecordsAreTriedAloneAndInnocentOnesAreNotCondemned() {
        append(values("v", 40));
        vanishingMembers(5, false);
        pod.run(copying());
        awaitCaughtUp();

        assertEffectsOfEachOnce(values("v", 40));
        assertThat(deadLetters()).isEmpty();
        assertThat(batches).allMatch(batch -> batch.records().size() == 1);
        assertThat(number("select count(*) from stream.assignments where trial_offset = 9"))
                .as("the last record of each partition was marked")
                .isEqualTo(PARTITIONS);
    }

    @Test
    void manyRecordsAreTriedAnEighthAtATime() {
        append(values("v", 400));
        vanishingMembers(2, false);
        pod.run(copying());
        awaitCaughtUp();

        assertEffectsOfEachOnce(values("v", 400));
        // Of a hundred records a partition, the fifty that one batch may hold are suspected.
        assertThat(batches.stream().filter(batch -> batch.from() < 50))
                .allMatch(batch -> batch.records().size() <= 6);
        assertThat(batches.stream().filter(batch -> batch.from() >= 50)).hasSize(PARTITIONS);
    }

    @Test
    void ofATrialThatEndedItsProcessAnEighthIsTriedNext() {
        append(values("v", 400));
        vanishingMembers(2, false);
        vanishingMembers(1, 16);
        pod.run(copying());
        awaitCaughtUp();

        assertEffectsOfEachOnce(values("v", 400));
        assertThat(batches.stream().filter(batch -> batch.from() < 16))
                .allMatch(batch -> batch.records().size() == 2);
        assertThat(batches.stream().filter(batch -> batch.from() >= 16)).hasSize(2 * PARTITIONS);
    }

    @Test
    void aProcessThatEndsAccusesNoMoreThanOneRecord() {
        append(values("v", 40));
        vanishingMembers(2, false);
        var marks = new ConcurrentLinkedQueue<Long>();
        onDecide = batch -> marks.add(number("""
                select count(*)
                from stream.assignments a
                cross join lateral stream.committed(a.group_id, a.partition_id) c
                where a.trial_offset = c.committed_offset"""));
        pod.run(copying());
        awaitCaughtUp();

        assertThat(marks).hasSize(40).containsOnly(1L);
    }

    @Test
    void aRecordThatOnlyFailsLetsTheOthersHaveTheirTurnsBetweenItsAttempts() {
        append(values("v", 40));
        vanishingMembers(2, false);
        pod.patience = new RunnerSettings(Integer.MAX_VALUE, Duration.ofMillis(10), Duration.ofMillis(50));
        // v0 is the first of its partition; the other partitions' records are behind no such one.
        onDecide = batch -> {
            if (holds(batch, "v0") && number("select count(*) from effects") < 30) {
                throw new IllegalStateException("not yet");
            }
        };
        pod.run(copying());
        awaitCaughtUp();

        assertEffectsOfEachOnce(values("v", 40));
        assertThat(deadLetters()).isEmpty();
        assertThat(batches).allMatch(batch -> batch.records().size() == 1);
    }

    @Test
    void afterOneUncleanEndBatchesAreWhole() {
        append(values("v", 40));
        vanishingMembers(1, false);
        pod.run(copying());
        awaitCaughtUp();

        assertThat(batches).hasSize(PARTITIONS);
    }

    @Test
    void aRecordThatEndedItsProcessInThreeTrialsGoesToTheDeadLetters() {
        append(values("v", 40));
        // Two unclean ends bring the trials about; three processes then end over their first record.
        vanishingMembers(2, false);
        vanishingMembers(3, true);
        pod.run(copying());
        awaitCaughtUp();

        assertThat(deadLetters()).hasSize(PARTITIONS).allSatisfy(letter -> {
            assertThat(headers(letter)).containsEntry("millrace-offset", "0");
            assertThat(headers(letter).get("millrace-reason")).contains("3 trials");
        });
        var others = new ArrayList<>(values("v", 40));
        others.removeAll(values("v", PARTITIONS));
        assertEffectsOfEachOnce(others);
    }

    @Test
    void anOutageDuringATrialDoesNotCountAgainstTheRecord() {
        append(values("v", 4));
        vanishingMembers(2, false);
        // More often than a record may fail.
        var failures = new ConcurrentHashMap<Integer, Integer>();
        onDecide = batch -> {
            if (failures.merge(batch.partition(), 1, Integer::sum) <= 12) {
                throw new Processor.Outage("down", new IllegalStateException());
            }
        };
        proxy.cut("commit\0", Cut.BEFORE_SERVER, 6);
        pod.run(copying());
        awaitCaughtUp();

        assertEffectsOfEachOnce(values("v", 4));
        assertThat(deadLetters()).isEmpty();
    }

    /** How many records, as far as the pod has heard. */
    private static int committed(TestPod pod) {
        return pod.commits.stream().mapToInt(Committed::records).sum();
    }

    /** Members, one after another, that own all partitions and vanish, perhaps while they try the first record alone. */
    private void vanishingMembers(int count, boolean overATrial) {
        vanishingMembers(count, overATrial ? 1 : 0);
    }

    /** @param tried how many records they had marked, 0 for none */
    private void vanishingMembers(int count, int tried) {
        var group = get(pod.groups.createGroup("copying", in));
        for (var i = 0; i < count; i++) {
            var member = UUID.randomUUID();
            execute("select stream.heartbeat('%s', 'gone', interval '%d s')"
                    .formatted(member, TestPod.LEASE.toSeconds()));
            var tick = get(pod.groups.tick(member, TestPod.LEASE, List.of(group), List.of(group), List.of()));
            var claims = tick.claims().getOrDefault(group.id(), List.of());
            assertThat(claims).hasSize(PARTITIONS);
            if (tried > 0) {
                claims.forEach(claim -> get(
                        pod.groups.markTrial(group, claim, claim.committedOffset(), claim.committedOffset() + tried)));
            }
            execute("update stream.members set lease_until = clock_timestamp() - interval '1 ms' where member_id = '"
                    + member + "'");
        }
    }

    @Test
    void aSecondPodTakesItsShareAndNoRecordIsLostOrDoubled() {
        pod.run(copying());
        append(values("a", 400));
        var second = pod(Duration.ofSeconds(30)).run(copying());
        append(values("b", 400));
        await().until(() -> owners(second) == 2 && owners(pod) == 2);
        append(values("c", 400));
        awaitCaughtUp();

        await().until(() -> committed(second) >= 200);
        var all = new ArrayList<>(values("a", 400));
        all.addAll(values("b", 400));
        all.addAll(values("c", 400));
        assertEffectsOfEachOnce(all);
        assertThat(number("select max(unclean_claims) from stream.assignments")).isZero();
    }

    @Test
    void aPodThatStopsGivesItsPartitionsToTheOtherAtOnce() {
        pod.run(copying());
        var second = pod(Duration.ofSeconds(30)).run(copying());
        await().until(() -> owners(second) == 2 && owners(pod) == 2);
        append(values("a", 200));

        pod.stopProcessors();
        // Well within the lease of the pod that stopped, which its heartbeat goes on extending.
        assertThat(owners(pod)).isZero();
        await().atMost(TestPod.LEASE).until(() -> owners(second) == PARTITIONS);
        append(values("b", 200));
        awaitCaughtUp();

        var all = new ArrayList<>(values("a", 200));
        all.addAll(values("b", 200));
        assertEffectsOfEachOnce(all);
        assertThat(number("select max(unclean_claims) from stream.assignments")).isZero();
    }

    @Test
    void aPodThatStopsWhileItWaitsForAnOutageStopsAtOnce() {
        onDecide = batch -> {
            throw new Processor.Outage("down for long", new IllegalStateException());
        };
        append(values("v", 8));
        pod.run(copying());
        await().until(() -> batches.size() > 8);
        pod.stopProcessors();

        assertThat(owners(pod)).isZero();
        assertThat(deadLetters()).isEmpty();
        assertThat(number("select count(*) from effects")).isZero();
    }

    @Test
    void aPodWhoseLeaseRanOutIsFencedAndItsWorkIsDoneByTheOther() {
        var inside = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var first = new AtomicBoolean(true);
        onDecide = batch -> {
            if (holds(batch, "v0") && first.getAndSet(false)) {
                inside.countDown();
                release.await();
            }
        };
        append(values("v", 80));
        pod.run(copying());
        await().until(() -> inside.getCount() == 0);
        var second = pod(Duration.ofSeconds(30)).run(copying());
        // As after a stop of the whole process: its heartbeat is silent, and another takes the partition.
        execute("update stream.assignments set owner = '" + second.memberId() + "', epoch = epoch + 1");
        awaitCaughtUp();
        release.countDown();

        await().until(() -> owners(pod) == 2);
        awaitCaughtUp();
        assertEffectsOfEachOnce(values("v", 80));
    }

    @Test
    void afterASeekBackRecordsAreReprocessedAndSaidToBe() {
        pod.run(copying());
        append(values("v", 80));
        awaitCaughtUp();
        batches.clear();
        var group = get(pod.groups.createGroup("copying", in));

        get(pod.database.inTransaction(transaction -> pod.groups.seek(transaction, group, 0, 5)));
        append(List.of("w0", "w1", "w2", "w3"));
        awaitCaughtUp();
        await().until(() -> number("select count(*) from effects") == 80 + 4 + 15);

        assertThat(batches.stream()
                        .filter(batch -> batch.partition() == 0)
                        .filter(Batch::reprocessing)
                        .flatMap(batch -> batch.records().stream())
                        .map(ConsumerRecord::offset))
                .containsExactlyElementsOf(
                        IntStream.range(5, 20).mapToObj(i -> (long) i).toList());
        assertThat(batches.stream().filter(batch -> holds(batch, "w0")))
                .isNotEmpty()
                .noneMatch(Batch::reprocessing);
    }

    private long owners(TestPod of) {
        return number("select count(*) from stream.assignments where owner = '" + of.memberId() + "'");
    }

    private void execute(String sql) {
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    private long number(String sql) {
        return Long.parseLong(strings(sql).getFirst());
    }

    private List<String> strings(String sql) {
        try (var connection = database.connect();
                var statement = connection.createStatement();
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
