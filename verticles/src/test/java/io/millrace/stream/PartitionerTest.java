package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PartitionerTest {

    /** From the tests of Kafka's own client. */
    @ParameterizedTest
    @CsvSource({
        "21, -973932308",
        "foobar, -790332482",
        "a-little-bit-long-string, -985981536",
        "a-little-bit-longer-string, -1486304829",
        "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8, -58897971",
        "abc, 479470107"
    })
    void hashesAsKafkaDoes(String key, int hash) {
        assertThat(Partitioner.murmur2(Buffer.buffer(key))).isEqualTo(hash);
    }

    @Property
    void aKeyHasOnePartitionOnly(@ForAll byte[] key, @ForAll @IntRange(min = 1, max = 1024) int partitions) {
        var partition = Partitioner.ofKey(Buffer.buffer(key), partitions);

        assertThat(partition).isBetween(0, partitions - 1);
        assertThat(new Partitioner().partition(Buffer.buffer(key.clone()), partitions))
                .isEqualTo(partition);
    }

    @Test
    void keysSpreadOverAllPartitions() {
        var counts = new int[8];
        for (var i = 0; i < 80_000; i++) {
            counts[Partitioner.ofKey(Buffer.buffer("https://example.org/page/" + i), 8)]++;
        }

        assertThat(IntStream.of(counts).boxed())
                .allSatisfy(count -> assertThat(count).isBetween(9_500, 10_500));
    }

    @Test
    void recordsWithoutAKeyStayTogetherForARunAndThenMoveOn() {
        var partitioner = new Partitioner();
        var partitions = IntStream.range(0, 4_000)
                .map(i -> partitioner.partition(null, 4))
                .toArray();

        assertThat(IntStream.range(1, 4_000).filter(i -> partitions[i] != partitions[i - 1]))
                .hasSize(7);
        assertThat(IntStream.of(partitions).distinct()).hasSize(4);
    }
}
