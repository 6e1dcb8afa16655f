package io.millrace.stream;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A record that a group could not process, as it lies in the dead-letter topic.
 *
 * @param topic the topic that it was read from
 * @param partition of the dead-letter topic, as {@code offset} and {@code timestamp}
 * @param group who gave it up, and {@code reason} why; null where a header is missing, as are the original places
 * @param headers those that it had before
 * @param state what was decided about it
 * @param decidedAt when; null while nothing was
 */
public record DeadLetter(
        String topic,
        int partition,
        long offset,
        Instant timestamp,
        @Nullable String group,
        @Nullable String reason,
        @Nullable Integer originalPartition,
        @Nullable Long originalOffset,
        @Nullable Buffer key,
        @Nullable Buffer value,
        List<Header> headers,
        State state,
        @Nullable Instant decidedAt) {

    /** What was decided about a dead letter. */
    public enum State {
        OPEN,
        RETRIED,
        DROPPED
    }

    static final String REASON = "millrace-reason";
    static final String GROUP = "millrace-group";
    static final String PARTITION = "millrace-partition";
    static final String OFFSET = "millrace-offset";

    /** Characters of a reason that go into its header. */
    private static final int MAX_REASON = 2_000;

    private static final Set<String> ADDED = Set.of(REASON, GROUP, PARTITION, OFFSET);

    public DeadLetter {
        headers = List.copyOf(headers);
    }

    static DeadLetter of(String topic, ConsumerRecord record, State state, @Nullable Instant decidedAt) {
        var partition = header(record, PARTITION);
        var offset = header(record, OFFSET);
        return new DeadLetter(
                topic,
                record.partition(),
                record.offset(),
                record.timestamp(),
                header(record, GROUP),
                header(record, REASON),
                partition == null ? null : Integer.valueOf(partition),
                offset == null ? null : Long.valueOf(offset),
                record.key(),
                record.value(),
                record.headers().stream()
                        .filter(header -> !ADDED.contains(header.name()))
                        .toList(),
                state,
                decidedAt);
    }

    /** What is appended to the dead-letter topic for a record that a group gives up. */
    static ProducerRecord letterFor(ConsumerRecord record, String group, String reason) {
        var shortened = reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON) + "…";
        return new ProducerRecord(record.key(), record.value(), record.headers())
                .with(header(REASON, shortened))
                .with(header(GROUP, group))
                .with(header(PARTITION, Integer.toString(record.partition())))
                .with(header(OFFSET, Long.toString(record.offset())));
    }

    private static Header header(String name, String value) {
        return new Header(name, Buffer.buffer(value));
    }

    private static @Nullable String header(ConsumerRecord record, String name) {
        String found = null;
        for (var header : record.headers()) {
            var value = header.value();
            if (header.name().equals(name) && value != null) {
                found = value.toString();
            }
        }
        return found;
    }

    /** The record as it was before it was given up, marked: what it leads to may have come about in another way since. */
    ProducerRecord toRecord() {
        var record = new ProducerRecord(key, value, headers);
        return headers.contains(Header.AGAIN) ? record : record.with(Header.AGAIN);
    }
}
