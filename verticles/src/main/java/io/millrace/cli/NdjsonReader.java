package io.millrace.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes into lines, a document each. Lines are passed on as they are, since the server judges each on its
 * own; blank ones are left out, as the server has no answer to them. A line over the limit passes by unkept.
 */
final class NdjsonReader implements AutoCloseable {

    private static final int BUFFER_BYTES = 64 << 10;
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    private final String source;
    private final InputStream in;
    private final int lineBytesMax;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    private long number;
    private boolean ended;

    NdjsonReader(String source, InputStream in, int lineBytesMax) {
        this.source = source;
        this.in = in;
        this.lineBytesMax = lineBytesMax;
    }

    /** The next line that is not blank; null at the end. A failing stream ends with an entry that tells so. */
    @Nullable
    IngestEntry next() {
        while (!ended) {
            try {
                var entry = entry(new ByteArrayOutputStream());
                if (entry != null) {
                    return entry;
                }
            } catch (IOException e) {
                ended = true;
                return new IngestEntry.Unreadable(place().label(), "cannot be read any further (" + e + ")");
            }
        }
        return null;
    }

    /** Whether the next line is not all there yet, so that reading it would wait for whoever writes; also at the end. */
    boolean wouldWait() {
        try {
            while (!holdsLine() && takeWhatIsReady()) {
                // Until there is a line, or nothing more to have without waiting.
            }
            return !holdsLine() && in.available() == 0;
        } catch (IOException _) {
            return true;
        }
    }

    /** One that is not blank: a blank line is read over, to the one behind it. */
    private boolean holdsLine() {
        var blank = true;
        for (var i = position; i < limit; i++) {
            if (buffer[i] == '\n' && !blank) {
                return true;
            }
            blank &= buffer[i] == '\n' || isBlank(buffer[i]);
        }
        return false;
    }

    private boolean takeWhatIsReady() throws IOException {
        System.arraycopy(buffer, position, buffer, 0, limit - position);
        limit -= position;
        position = 0;
        var count = in.read(buffer, limit, Math.min(in.available(), buffer.length - limit));
        limit += Math.max(0, count);
        return count > 0;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    private @Nullable IngestEntry entry(ByteArrayOutputStream line) throws IOException {
        number++;
        var length = readLine(line);
        if (length > lineBytesMax) {
            return new IngestEntry.Unreadable(
                    place().label(), "a line of more than %s bytes".formatted(Format.count(lineBytesMax)));
        }
        var bytes = number == 1 ? withoutMark(line.toByteArray()) : line.toByteArray();
        return isBlank(bytes) ? null : IngestEntry.Line.ended(place(), bytes);
    }

    /** Appends the next line without its end, as far as it is within the limit; tells its whole length. */
    private long readLine(ByteArrayOutputStream line) throws IOException {
        var length = 0L;
        while (fill()) {
            var start = position;
            while (position < limit && buffer[position] != '\n') {
                position++;
            }
            var count = position - start;
            length += count;
            if (length <= lineBytesMax) {
                line.write(buffer, start, count);
            }
            if (position < limit) {
                position++;
                return length;
            }
        }
        return length;
    }

    private boolean fill() throws IOException {
        if (position < limit) {
            return true;
        }
        position = 0;
        limit = Math.max(0, in.read(buffer));
        ended = limit == 0;
        return !ended;
    }

    private static byte[] withoutMark(byte[] bytes) {
        var marked = Arrays.mismatch(bytes, BYTE_ORDER_MARK) == BYTE_ORDER_MARK.length
                || Arrays.equals(bytes, BYTE_ORDER_MARK);
        return marked ? Arrays.copyOfRange(bytes, BYTE_ORDER_MARK.length, bytes.length) : bytes;
    }

    private static boolean isBlank(byte[] bytes) {
        for (var b : bytes) {
            if (!isBlank(b)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t' || b == '\r';
    }

    private IngestEntry.Place place() {
        return new IngestEntry.Place(source, number);
    }
}
