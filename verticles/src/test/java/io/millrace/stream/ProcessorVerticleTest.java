package io.millrace.stream;

import static io.millrace.stream.Futures.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.SqlClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProcessorVerticleTest {

    private final TestDatabase database = TestDatabase.create();
    private final TestPod pod = new TestPod(database);

    @AfterEach
    void close() {
        pod.close();
        database.close();
    }

    /** Upper-cases values from one topic into another. */
    private static final class Shouting implements Processor<Integer> {
        @Override
        public Integer load(Batch batch, SqlClient client) {
            return client.query("select 1").execute().await().iterator().next().getInteger(0);
        }

        @Override
        public Effects decide(Batch batch, Integer state) {
            var shouts = batch.records().stream()
                    .map(record -> new ProducerRecord(
                            record.key(),
                            Buffer.buffer(record.requiredValue().toString().toUpperCase(Locale.ROOT))))
                    .toList();
            return Effects.builder().append("shouts", batch.partition(), shouts).build();
        }
    }

    @Test
    void whatIsAppendedComesOutOfTheNextTopic() {
        var lines = pod.topic("lines", 4);
        var shouts = pod.topic("shouts", 4);
        pod.run(new Subscription("shouting", "lines", partition -> new Shouting()));

        var appended = IntStream.range(0, 1_000)
                .mapToObj(i -> pod.appender.append(lines, ProducerRecord.of("k" + i, Buffer.buffer("line " + i))))
                .toList();
        get(Future.all(appended));

        await().until(() -> IntStream.range(0, 4)
                        .mapToLong(p -> get(pod.log.endOffset(shouts, p)))
                        .sum()
                == 1_000);
        var seen = new ArrayList<String>();
        for (var partition = 0; partition < 4; partition++) {
            for (var record : get(pod.log.fetch(shouts, partition, 0, 1 << 24))) {
                assertThat(Partitioner.ofKey(Buffer.buffer(record.keyText()), 4))
                        .isEqualTo(partition);
                seen.add(record.requiredValue().toString());
            }
        }
        List<String> expected =
                IntStream.range(0, 1_000).mapToObj(i -> "LINE " + i).toList();
        assertThat(seen).containsExactlyInAnyOrderElementsOf(expected);
    }
}
