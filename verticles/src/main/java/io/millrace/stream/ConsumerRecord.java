package io.millrace.stream;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record as read from the log.
 *
 * @param timestamp when the log took it in, by the clock of the database; never before that of an earlier offset
 */
public record ConsumerRecord(
        int partition,
        long offset,
        Instant timestamp,
        @Nullable Buffer key,
        @Nullable Buffer value,
        List<Header> headers) {

    long sizeBytes() {
        return new ProducerRecord(key, value, headers).sizeBytes();
    }

    /** Whether its effects may be there already: {@link Header#AGAIN}. */
    public boolean isAgain() {
        return headers.stream().anyMatch(header -> header.name().equals(Header.AGAIN.name()));
    }

    /** What is read besides it, as far as it says: {@link Header#loads}. */
    long loadsBytes() {
        return headers.stream()
                .filter(header -> header.name().equals(Header.LOADS) && header.value() != null)
                .map(header -> header.value().toString())
                .filter(text -> text.matches("[0-9]{1,10}"))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(0);
    }

    /** The key as text; empty when there is none. */
    public String keyText() {
        return key == null ? "" : key.toString();
    }

    /** The value; a record without one is an error here, since only a tombstone lacks it. */
    public Buffer requiredValue() {
        if (value == null) {
            throw new IllegalArgumentException("record %d of partition %d has no value".formatted(offset, partition));
        }
        return value;
    }
}
