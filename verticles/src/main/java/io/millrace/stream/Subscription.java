package io.millrace.stream;

import java.util.function.IntFunction;

/**
 * A consumer group, the topic it reads and the processor that serves it.
 *
 * @param group name of the group
 * @param topic name of the topic; made with the configured number of partitions when it is not there
 * @param limits how much one batch may hold
 * @param processor makes the processor of a partition
 */
public record Subscription(String group, String topic, Limits limits, IntFunction<Processor<?>> processor) {

    /** Bounds of a batch, in records and in bytes of the log; one record is always taken. */
    public record Limits(int records, int bytes) {
        public static final Limits DEFAULT = new Limits(1_000, 1 << 20);
    }

    public Subscription(String group, String topic, IntFunction<Processor<?>> processor) {
        this(group, topic, Limits.DEFAULT, processor);
    }
}
