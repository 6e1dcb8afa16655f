package io.millrace.stream;

import static io.millrace.stream.Futures.failure;
import static io.millrace.stream.Futures.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pg.TestDatabase;
import io.vertx.core.buffer.Buffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WavesTest {

    private static final Duration DAY = Duration.ofDays(1);

    private final TestDatabase database = TestDatabase.create();
    private final TestPod pod = new TestPod(database);
    private final Topic topic = pod.topic("waved", 4);
    private final Waves waves = new Waves(pod.database, pod.log, topic, Duration.ZERO);
    /** Whose waves wait for those at work, and whose partitions wait for one another, however slow the machine is. */
    private final Waves patient = new Waves(pod.database, pod.log, topic, Duration.ZERO, DAY, DAY);

    @BeforeEach
    void append() {
        for (var partition = 0; partition < topic.partitions(); partition++) {
            var record = new ProducerRecord(null, Buffer.buffer("of " + partition));
            get(Log.append(pod.database.pool(), topic, partition, UUID.randomUUID(), List.of(record), Log.FIRST_TRY));
        }
    }

    @AfterEach
    void close() {
        pod.close();
        database.close();
    }

    private static List<String> values(Log.Fetched fetched) {
        return fetched.records().stream()
                .map(record -> record.requiredValue().toString())
                .toList();
    }

    @Test
    void whoComesWhileAWaveIsAtWorkGoesWithTheNext() {
        assertThat(values(get(patient.join(0, 0, 1_000)))).containsExactly("of 0");
        var second = patient.join(1, 0, 1_000);
        var third = patient.join(2, 0, 1_000);
        assertThat(second.isComplete()).isFalse();

        patient.leave(0);

        assertThat(values(get(second))).containsExactly("of 1");
        assertThat(values(get(third))).containsExactly("of 2");
        var fourth = patient.join(3, 0, 1_000);
        patient.leave(1);
        assertThat(fourth.isComplete()).isFalse();
        patient.leave(2);
        assertThat(values(get(fourth))).containsExactly("of 3");
    }

    @Test
    void whoHasSomethingToCommitWaitsForTheRestOfItsWave() {
        get(patient.join(0, 0, 1_000));
        var joined = List.of(patient.join(1, 0, 1_000), patient.join(2, 0, 1_000), patient.join(3, 0, 1_000));
        patient.leave(0);
        joined.forEach(Futures::get);

        var first = patient.decided(1);
        assertThat(first.isComplete()).isFalse();
        patient.leave(2);
        assertThat(first.isComplete()).isFalse();
        var last = patient.decided(3);
        assertThat(first.succeeded()).isTrue();
        assertThat(last.succeeded()).isTrue();
        // What follows within the wave, of a partition whose batch was cut, goes at once.
        assertThat(patient.decided(1).succeeded()).isTrue();
    }

    @Test
    void whoHasSomethingToCommitWaitsForNobodyForLong() {
        get(waves.join(0, 0, 1_000));
        var joined = List.of(waves.join(1, 0, 1_000), waves.join(2, 0, 1_000));
        waves.leave(0);
        joined.forEach(Futures::get);

        get(waves.decided(1));
        assertThat(waves.decided(2).succeeded()).isTrue();
    }

    @Test
    void whoIsOfNoWaveWaitsForNobody() {
        get(patient.join(0, 0, 1_000));
        assertThat(patient.decided(3).succeeded()).isTrue();
    }

    @Test
    void wavesKeepTheirPace() {
        var paced = new Waves(pod.database, pod.log, topic, Duration.ofMillis(300));
        var before = System.nanoTime();
        get(paced.join(0, 0, 1_000));
        paced.leave(0);
        get(paced.join(1, 0, 1_000));
        paced.leave(1);
        get(paced.join(2, 0, 1_000));
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(590));
    }

    @Test
    void oneThatStaysAtWorkHoldsUpNobodyForLong() {
        get(waves.join(0, 0, 1_000));

        assertThat(values(get(waves.join(1, 0, 1_000)))).containsExactly("of 1");
        waves.leave(1);
        // The next one does not wait for it at all.
        assertThat(values(get(waves.join(2, 0, 1_000)))).containsExactly("of 2");
    }

    @Test
    void leavingWithoutHavingJoinedChangesNothing() {
        get(patient.join(0, 0, 1_000));
        patient.leave(3);
        var next = patient.join(1, 0, 1_000);
        assertThat(next.isComplete()).isFalse();
        patient.leave(0);
        assertThat(values(get(next))).containsExactly("of 1");
    }

    @Test
    void aBatchThatCannotBeReadFailsItsOwnReaderAlone() throws SQLException {
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            statement.execute("update stream.batches set headers = array['\\xff'::bytea] where partition_id = 2");
        }
        get(waves.join(0, 0, 1_000));
        var sound = waves.join(1, 0, 1_000);
        var broken = waves.join(2, 0, 1_000);
        waves.leave(0);

        assertThat(values(get(sound))).containsExactly("of 1");
        assertThat(failure(broken)).isInstanceOf(RuntimeException.class);
    }
}
