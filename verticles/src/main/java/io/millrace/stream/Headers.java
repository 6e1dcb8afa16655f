package io.millrace.stream;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The header block of Kafka's record format v2 (KIP-98): a count, then for each header the length and bytes of its name
 * and of its value, all numbers as zigzag varints, a length of -1 for an absent value.
 */
final class Headers {

    private Headers() {}

    static Buffer encode(List<Header> headers) {
        var block = Buffer.buffer();
        writeVarint(block, headers.size());
        for (var header : headers) {
            var name = header.name().getBytes(StandardCharsets.UTF_8);
            writeVarint(block, name.length);
            block.appendBytes(name);
            var value = header.value();
            writeVarint(block, value == null ? -1 : value.length());
            if (value != null) {
                block.appendBuffer(value);
            }
        }
        return block;
    }

    static List<Header> decode(@Nullable Buffer block) {
        return block == null ? List.of() : new Reader(block).headers();
    }

    private static void writeVarint(Buffer block, int value) {
        var rest = (value << 1) ^ (value >> 31);
        while ((rest & ~0x7f) != 0) {
            block.appendByte((byte) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        block.appendByte((byte) rest);
    }

    private static final class Reader {
        private final Buffer block;
        private int at;

        Reader(Buffer block) {
            this.block = block;
        }

        List<Header> headers() {
            var count = varint();
            var headers = new ArrayList<Header>(count);
            for (var i = 0; i < count; i++) {
                var name = take(varint()).toString(StandardCharsets.UTF_8);
                var length = varint();
                headers.add(new Header(name, length < 0 ? null : take(length)));
            }
            return List.copyOf(headers);
        }

        private int varint() {
            var value = 0;
            var shift = 0;
            while (true) {
                var next = block.getByte(at++);
                value |= (next & 0x7f) << shift;
                if (next >= 0) {
                    return (value >>> 1) ^ -(value & 1);
                }
                shift += 7;
            }
        }

        private Buffer take(int length) {
            var taken = block.getBuffer(at, at + length);
            at += length;
            return taken;
        }
    }
}
