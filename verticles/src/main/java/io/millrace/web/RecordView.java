package io.millrace.web;

import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.Header;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A record of the log as answers show it. */
record RecordView(
        int partition,
        long offset,
        Instant timestamp,
        @Nullable Object key,
        @Nullable String keyEncoding,
        @Nullable Object value,
        @Nullable String valueEncoding,
        List<HeaderView> headers) {

    /** A header of a record. */
    record HeaderView(
            String name, @Nullable Object value, @Nullable String valueEncoding) {
        static HeaderView of(Header header) {
            var value = Payload.of(header.value());
            return new HeaderView(header.name(), value.value(), value.encoding());
        }
    }

    static RecordView of(ConsumerRecord record) {
        var key = Payload.of(record.key());
        var value = Payload.of(record.value());
        return new RecordView(
                record.partition(),
                record.offset(),
                record.timestamp(),
                key.value(),
                key.encoding(),
                value.value(),
                value.encoding(),
                record.headers().stream().map(HeaderView::of).toList());
    }

    /** How much of the answer it makes, roughly. */
    static int bytes(List<ConsumerRecord> records) {
        var bytes = 0L;
        for (var record : records) {
            bytes += record.value() == null ? 0 : record.value().length();
        }
        return (int) Math.min(bytes, Integer.MAX_VALUE);
    }
}
