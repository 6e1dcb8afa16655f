package io.millrace.stream;

import static io.millrace.stream.Futures.failure;
import static io.millrace.stream.Futures.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pg.DatabaseFailure;
import io.millrace.pg.DatabaseFailure.Kind;
import io.millrace.pg.TestDatabase;
import io.vertx.core.buffer.Buffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Appends to several partitions and fetches from several, a statement for all of them. */
class SmallBatchesTest {

    private final TestDatabase database = TestDatabase.create();
    private final TestPod pod = new TestPod(database);
    private final Log log = pod.log;
    private final Random random = new Random(7);

    @AfterEach
    void close() {
        pod.close();
        database.close();
    }

    @Test
    void whatGoesToSeveralPartitionsIsWhereItIsSaidToBe() throws SQLException {
        var topics = List.of(pod.topic("one", 5), pod.topic("two", 3));
        var expected = new HashMap<String, List<ProducerRecord>>();
        for (var round = 0; round < 60; round++) {
            var callers = IntStream.rangeClosed(0, random.nextInt(3))
                    .mapToObj(caller -> appends(topics))
                    .toList();
            var appended = get(pod.database.inTransaction(connection -> log.appendOfSeveral(connection, callers)));
            for (var caller = 0; caller < callers.size(); caller++) {
                check(callers.get(caller), appended.get(caller), expected);
            }
            switch (round % 10) {
                case 3 ->
                    execute("select stream.create_segment(%d, clock_timestamp())"
                            .formatted(topics.get(random.nextInt(2)).id()));
                // As if the clock had run ahead, for one partition: the others go on behind it.
                case 6 ->
                    execute("update stream.batches set created_at = created_at + interval '1 hour'"
                            + " where partition_id = 2");
                case 8 ->
                    execute("select stream.create_segment(%d, clock_timestamp() + interval '30 minutes')"
                            .formatted(topics.getFirst().id()));
                default -> {}
            }
        }

        for (var topic : topics) {
            for (var partition = 0; partition < topic.partitions(); partition++) {
                var read = readAll(topic, partition);
                assertThat(read)
                        .extracting(ConsumerRecord::offset)
                        .containsExactlyElementsOf(IntStream.range(0, read.size())
                                .mapToObj(Long::valueOf)
                                .toList());
                assertThat(read.stream()
                                .map(record -> new ProducerRecord(record.key(), record.value(), record.headers())))
                        .isEqualTo(expected.get(topic.name() + partition));
                assertThat(read.stream().map(ConsumerRecord::timestamp)).isSorted();
            }
        }
    }

    /** Nobody else appends, so that what is said follows what was said before. */
    private static void check(
            List<Effects.Append> appends, List<Appended> appended, Map<String, List<ProducerRecord>> expected) {
        var byPlace = new HashMap<String, List<ProducerRecord>>();
        for (var append : appends) {
            byPlace.computeIfAbsent(append.topic() + append.partition(), place -> new ArrayList<>())
                    .addAll(append.records());
        }
        assertThat(appended).hasSameSizeAs(byPlace.keySet());
        for (var range : appended) {
            var place = range.topic() + range.partition();
            var all = expected.computeIfAbsent(place, first -> new ArrayList<>());
            assertThat(range.from()).isEqualTo(all.size());
            all.addAll(byPlace.get(place));
            assertThat(range.to()).isEqualTo(all.size());
        }
    }

    private List<Effects.Append> appends(List<Topic> topics) {
        return Stream.generate(() -> topics.get(random.nextInt(topics.size())))
                .limit(random.nextInt(7))
                .map(topic -> new Effects.Append(
                        topic.name(),
                        random.nextInt(topic.partitions()),
                        Stream.generate(this::record)
                                .limit(1 + random.nextInt(4))
                                .toList()))
                .toList();
    }

    private ProducerRecord record() {
        var headers =
                random.nextInt(4) > 0 ? List.<Header>of() : List.of(new Header("h", bytes()), new Header("g", null));
        return new ProducerRecord(bytes(), bytes(), headers);
    }

    private @Nullable Buffer bytes() {
        if (random.nextInt(5) == 0) {
            return null;
        }
        // Now and then more than goes together.
        var bytes = new byte[random.nextInt(40) == 0 ? 300_000 : random.nextInt(50)];
        random.nextBytes(bytes);
        return Buffer.buffer(bytes);
    }

    @Test
    void whereOnePartitionDoesNotExistNothingIsAppended() {
        var topic = pod.topic("small", 2);
        var appends = IntStream.range(0, 3)
                .mapToObj(partition -> new Effects.Append(topic.name(), partition, List.of(record("x"))))
                .toList();

        assertThat(failure(pod.database.inTransaction(connection -> log.append(connection, appends))))
                .isInstanceOfSatisfying(
                        DatabaseFailure.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.MISSING));
        assertThat(get(log.endOffset(topic, 0))).isZero();
    }

    @Test
    void readersWhoShareAFetchGetTheirOwnRecordsAndTheirOwnFailures() throws SQLException {
        var topic = pod.topic("shared", 7);
        append(topic, 1, "gone");
        append(topic, 6, "old");
        execute("select stream.create_segment(%d, clock_timestamp())".formatted(topic.id()));
        append(topic, 1, "kept");
        append(topic, 2, "a", "b", "c");
        append(topic, 2, "d");
        append(topic, 3, "x".repeat(Log.LARGEST_BYTES + 1));
        append(topic, 4, "small", "y".repeat(1_000));
        append(topic, 4, "not asked for");
        append(topic, 5, "last");
        execute("delete from stream.segment_starts where segment_id = 1 and partition_id = 1");
        execute("update stream.partitions set floor_offset = 1 where partition_id = 1");
        var waves = new Waves(pod.database, log, topic, Duration.ZERO);

        // It goes alone, and while it is under way the others come.
        var alone = waves.join(0, 0, 1_000);
        var dropped = waves.join(1, 0, 1_000);
        var kept = waves.join(1, 1, 1_000);
        var within = waves.join(2, 1, 1_000);
        var large = waves.join(3, 0, 1_000);
        var bounded = waves.join(4, 0, 1_000);
        var end = waves.join(5, 1, 1_000);
        var before = waves.join(6, 0, 1_000);

        assertThat(get(alone).records()).isEmpty();
        waves.leave(0);
        assertThat(failure(dropped))
                .isInstanceOfSatisfying(
                        DatabaseFailure.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.OFFSET_OUT_OF_RANGE));
        assertThat(values(get(kept))).containsExactly("kept");
        assertThat(values(get(within))).containsExactly("b", "c", "d");
        assertThat(get(large).records()).isEmpty();
        assertThat(get(large).largeBytes()).isGreaterThan(Log.LARGEST_BYTES);
        assertThat(get(bounded).records()).hasSize(2);
        assertThat(get(end).records()).isEmpty();
        assertThat(values(get(before))).containsExactly("old");
    }

    private static ProducerRecord record(String value) {
        return new ProducerRecord(null, Buffer.buffer(value));
    }

    private void append(Topic topic, int partition, String... values) {
        var records = Stream.of(values).map(SmallBatchesTest::record).toList();
        get(Log.append(pod.database.pool(), topic, partition, UUID.randomUUID(), records, Log.FIRST_TRY));
    }

    private static List<String> values(Log.Fetched fetched) {
        return fetched.records().stream()
                .map(record -> record.requiredValue().toString())
                .toList();
    }

    /** A bit at a time, alone and together with fetches of other partitions. */
    private List<ConsumerRecord> readAll(Topic topic, int partition) {
        var waves = new Waves(pod.database, log, topic, Duration.ZERO);
        var all = new ArrayList<ConsumerRecord>();
        while (true) {
            var maxBytes = 1 + random.nextInt(500);
            // The first goes alone, and the others together as soon as it has left.
            var first = waves.join(0, 0, maxBytes);
            var other = (partition + 1) % topic.partitions();
            var beside = waves.join(other, 0, maxBytes);
            var own = waves.join(partition, all.size(), maxBytes);
            get(first);
            waves.leave(0);
            get(beside);
            var records = get(own).records();
            waves.leave(other);
            waves.leave(partition);
            assertThat(records).isEqualTo(get(log.fetch(topic, partition, all.size(), maxBytes)));
            if (records.isEmpty()) {
                return all;
            }
            all.addAll(records);
        }
    }

    private void execute(String sql) throws SQLException {
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
