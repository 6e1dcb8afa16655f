package io.millrace.stream;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records as the columns of a batch; headers are null when no record has any. */
final class BatchColumns {

    final Buffer[] keys;
    final Buffer[] values;
    final Buffer @Nullable [] headers;
    final int sizeBytes;

    BatchColumns(List<ProducerRecord> records) {
        var count = records.size();
        keys = new Buffer[count];
        values = new Buffer[count];
        headers = haveHeaders(records) ? new Buffer[count] : null;
        var bytes = 0;
        for (var i = 0; i < count; i++) {
            var record = records.get(i);
            keys[i] = record.key();
            values[i] = record.value();
            bytes += record.sizeBytes();
            if (headers != null) {
                headers[i] = Headers.encode(record.headers());
            }
        }
        sizeBytes = bytes;
    }

    static boolean haveHeaders(List<ProducerRecord> records) {
        return records.stream().anyMatch(record -> !record.headers().isEmpty());
    }
}
