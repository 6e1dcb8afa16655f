package io.millrace.stream;

import io.vertx.core.buffer.Buffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the partition of a record as Kafka's default partitioner does: murmur2 of the key, so that a key lands where
 * Kafka's own clients would put it; without a key one partition for a run of records, then the next.
 */
public final class Partitioner {

    /** Records without a key that stay together, so that they share a batch. */
    private static final int STICKY_RECORDS = 500;

    private static final int SEED = 0x9747b28c;
    private static final int MULTIPLIER = 0x5bd1e995;
    private static final int SHIFT = 24;

    private final AtomicInteger keyless = new AtomicInteger();

    public int partition(@Nullable Buffer key, int partitions) {
        return key == null
                ? Math.floorMod(keyless.getAndIncrement() / STICKY_RECORDS, partitions)
                : ofKey(key, partitions);
    }

    /** The partition of a key. */
    public static int ofKey(Buffer key, int partitions) {
        return (murmur2(key) & 0x7fffffff) % partitions;
    }

    /** MurmurHash2, 32 bits, little-endian, with the seed that Kafka uses. */
    static int murmur2(Buffer data) {
        var length = data.length();
        var hash = SEED ^ length;
        var blocks = length / 4;
        for (var i = 0; i < blocks; i++) {
            var k = data.getIntLE(i * 4) * MULTIPLIER;
            k ^= k >>> SHIFT;
            hash = (hash * MULTIPLIER) ^ (k * MULTIPLIER);
        }
        var tail = blocks * 4;
        for (var i = length - tail - 1; i >= 0; i--) {
            hash ^= (data.getByte(tail + i) & 0xff) << (8 * i);
        }
        if (tail < length) {
            hash *= MULTIPLIER;
        }
        hash ^= hash >>> 13;
        hash *= MULTIPLIER;
        return hash ^ (hash >>> 15);
    }
}
