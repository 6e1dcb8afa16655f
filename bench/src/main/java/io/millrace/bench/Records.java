package io.millrace.bench;

import io.millrace.stream.Log;
import io.vertx.core.buffer.Buffer;
import java.util.Random;

/** Records to append: random, so that nothing can compress them, and made ahead, so that making them costs nothing. */
final class Records {

    static final int VALUE_BYTES = 1024;
    static final int KEY_BYTES = 16;

    /** Records that fill a row, by the log's own count of a record's size. */
    static final int IN_BATCH = Log.BATCH_BYTES / (VALUE_BYTES + KEY_BYTES + 16);

    private static final int COUNT = 1 << 13;

    private final Buffer[] keys = new Buffer[COUNT];
    private final Buffer[] values = new Buffer[COUNT];

    Records() {
        var random = new Random(1);
        for (var i = 0; i < COUNT; i++) {
            keys[i] = random(random, KEY_BYTES);
            values[i] = random(random, VALUE_BYTES);
        }
    }

    private static Buffer random(Random random, int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return Buffer.buffer(bytes);
    }

    Buffer key(long i) {
        return keys[(int) (i & (COUNT - 1))];
    }

    Buffer value(long i) {
        return values[(int) (i & (COUNT - 1))];
    }

    Buffer[] keys(int from, int count) {
        return copy(keys, from, count);
    }

    Buffer[] values(int from, int count) {
        return copy(values, from, count);
    }

    private static Buffer[] copy(Buffer[] all, int from, int count) {
        var copied = new Buffer[count];
        for (var i = 0; i < count; i++) {
            copied[i] = all[(from + i) & (COUNT - 1)];
        }
        return copied;
    }
}
