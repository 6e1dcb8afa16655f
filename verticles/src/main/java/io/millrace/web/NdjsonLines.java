package io.millrace.web;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Cuts a stream of bytes into lines, however the network has cut it into buffers. A line ends with {@code \n} or {@code
 * \r\n}, the last one also with the stream.
 *
 * <p>A line over the limit is told as soon as that is certain, and the rest of it passes by unkept, so that one line never
 * holds more than the limit in memory, and never spoils the others. Lines of white space only are counted, but not given.
 */
final class NdjsonLines {

    sealed interface Line {

        /** Which line of the stream, from 1, blank ones included. */
        long number();

        /** A line within the limit; the bytes are without its end. */
        @SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
        record Complete(long number, byte[] bytes) implements Line {}

        record TooLong(long number) implements Line {}
    }

    private static final byte[] NOTHING = {};

    private final int bytesMax;

    /** The line's beginning, as far as it has come: at most one byte over the limit, which may be the {@code \r}. */
    private byte[] pending = NOTHING;

    private int pendingCount;
    private long number = 1;
    private boolean skipping;

    NdjsonLines(int bytesMax) {
        if (bytesMax < 1) {
            throw new IllegalArgumentException("a line of at most %d bytes".formatted(bytesMax));
        }
        this.bytesMax = bytesMax;
    }

    /** The lines that this buffer completes. */
    List<Line> feed(Buffer buffer) {
        byte[] bytes = buffer.getBytes();
        List<Line> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                append(bytes, start, i, lines);
                complete(lines);
                start = i + 1;
            }
        }
        append(bytes, start, bytes.length, lines);
        return lines;
    }

    /** Bytes of the line that is being read, as far as it has come. */
    int pendingBytes() {
        return pendingCount;
    }

    /** Lets the rest of the line that is being read pass by. */
    void skip() {
        pending = NOTHING;
        pendingCount = 0;
        skipping = true;
    }

    /** The line that is being read. */
    long number() {
        return number;
    }

    /** The last line, when the stream has ended without an end of line. */
    Optional<Line> end() {
        List<Line> lines = new ArrayList<>(1);
        complete(lines);
        return lines.stream().findFirst();
    }

    private void append(byte[] bytes, int from, int to, List<Line> lines) {
        if (skipping || from == to) {
            return;
        }
        int count = to - from;
        boolean fits = count <= bytesMax - pendingCount;
        if (!fits && !(count == bytesMax - pendingCount + 1 && bytes[to - 1] == '\r')) {
            lines.add(new Line.TooLong(number));
            pending = NOTHING;
            pendingCount = 0;
            skipping = true;
            return;
        }
        if (pending.length < pendingCount + count) {
            // Doubled, or else a long line in small buffers is copied a thousand times.
            long doubled = Math.min(2L * pending.length, bytesMax + 1L);
            pending = Arrays.copyOf(pending, (int) Math.max(doubled, pendingCount + count));
        }
        System.arraycopy(bytes, from, pending, pendingCount, count);
        pendingCount += count;
    }

    private void complete(List<Line> lines) {
        int count = pendingCount > 0 && pending[pendingCount - 1] == '\r' ? pendingCount - 1 : pendingCount;
        if (!isBlank(count)) {
            lines.add(new Line.Complete(number, Arrays.copyOf(pending, count)));
        }
        pending = NOTHING;
        pendingCount = 0;
        skipping = false;
        number++;
    }

    private boolean isBlank(int count) {
        for (int i = 0; i < count; i++) {
            if (pending[i] != ' ' && pending[i] != '\t' && pending[i] != '\r') {
                return false;
            }
        }
        return true;
    }
}
