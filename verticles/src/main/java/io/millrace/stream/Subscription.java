package io.millrace.stream;

import java.time.Duration;
import java.util.function.IntFunction;

/**
 * A consumer group, the topic it reads and the processor that serves it.
 *
 * @param group name of the group
 * @param topic name of the topic; made with the configured number of partitions when it is not there
 * @param limits how much one batch may hold, and how soon another may follow
 * @param processor makes the processor of a partition
 */
public record Subscription(String group, String topic, Limits limits, IntFunction<Processor<?>> processor) {

    /**
     * Bounds of a batch, in records and in bytes of the log; one record is always taken.
     *
     * @param pace at least so long after one batch the next is fetched, as long as there is little to read: what nobody waits
     *     for costs less in larger batches
     */
    public record Limits(int records, int bytes, Duration pace) {
        public static final Limits DEFAULT = new Limits(1_000, 1 << 20);

        public Limits(int records, int bytes) {
            this(records, bytes, Duration.ZERO);
        }
    }

    public Subscription(String group, String topic, IntFunction<Processor<?>> processor) {
        this(group, topic, Limits.DEFAULT, processor);
    }
}
