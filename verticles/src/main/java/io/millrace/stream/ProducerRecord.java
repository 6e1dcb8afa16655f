package io.millrace.stream;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A record on its way into the log. Its buffers belong to the log from then on: do not change them. */
public record ProducerRecord(@Nullable Buffer key, @Nullable Buffer value, List<Header> headers) {

    /** Bytes that a record costs beside its key, value and headers, in what size limits count. */
    private static final int OVERHEAD_BYTES = 16;

    public ProducerRecord {
        headers = List.copyOf(headers);
    }

    public ProducerRecord(@Nullable Buffer key, @Nullable Buffer value) {
        this(key, value, List.of());
    }

    public static ProducerRecord of(String key, Buffer value) {
        return new ProducerRecord(Buffer.buffer(key), value, List.of());
    }

    /** The same record, with one more header. */
    public ProducerRecord with(Header header) {
        var more = new ArrayList<>(headers);
        more.add(header);
        return new ProducerRecord(key, value, more);
    }

    int sizeBytes() {
        var size = OVERHEAD_BYTES + length(key) + length(value);
        for (var header : headers) {
            size += header.name().length() + length(header.value());
        }
        return size;
    }

    private static int length(@Nullable Buffer buffer) {
        return buffer == null ? 0 : buffer.length();
    }
}
