package io.millrace.stream;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a batch leads to, as values: rows to write, records to append, and messages to publish once all of it has
 * committed. The runner persists writes, appends and the batch's offset in one transaction.
 */
public final class Effects {

    private static final Effects NONE = new Builder().build();

    private final List<Write> writes;
    private final List<Append> appends;
    private final List<Message> messages;
    private final @Nullable Receipt receipt;

    private Effects(Builder builder) {
        this.writes = List.copyOf(builder.writes);
        this.appends = List.copyOf(builder.appends);
        this.messages = List.copyOf(builder.messages);
        this.receipt = builder.receipt;
    }

    /** Nothing but the offset. */
    public static Effects none() {
        return NONE;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** These, and records for one more topic. */
    Effects with(Append append) {
        var builder = new Builder();
        builder.writes.addAll(writes);
        builder.appends.addAll(appends);
        builder.appends.add(append);
        builder.messages.addAll(messages);
        builder.receipt = receipt;
        return builder.build();
    }

    public List<Write> writes() {
        return writes;
    }

    public List<Append> appends() {
        return appends;
    }

    public List<Message> messages() {
        return messages;
    }

    @Nullable
    Receipt receipt() {
        return receipt;
    }

    /** Records for a topic, to a given partition or (negative) each to that of its key. */
    public record Append(String topic, int partition, List<ProducerRecord> records) {
        static final int BY_KEY = -1;

        public Append {
            records = List.copyOf(records);
        }
    }

    /** A message for the event bus of this process, sent after the commit; the bus is never the truth. */
    public record Message(String address, Object body) {}

    /** Writes what depends on where the appended records landed; runs last in the transaction. */
    @FunctionalInterface
    public interface Receipt {
        Write write(List<Appended> appended);
    }

    /** Collects effects; order of writes is kept. */
    public static final class Builder {
        private final List<Write> writes = new ArrayList<>();
        private final List<Append> appends = new ArrayList<>();
        private final List<Message> messages = new ArrayList<>();
        private @Nullable Receipt receipt;

        public Builder write(Write write) {
            writes.add(write);
            return this;
        }

        public Builder append(String topic, List<ProducerRecord> records) {
            return append(topic, Append.BY_KEY, records);
        }

        public Builder append(String topic, int partition, List<ProducerRecord> records) {
            if (!records.isEmpty()) {
                appends.add(new Append(topic, partition, records));
            }
            return this;
        }

        public Builder publish(String address, Object body) {
            messages.add(new Message(address, body));
            return this;
        }

        public Builder receipt(Receipt written) {
            this.receipt = written;
            return this;
        }

        public Effects build() {
            return new Effects(this);
        }
    }
}
