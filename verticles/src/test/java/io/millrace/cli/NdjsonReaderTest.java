package io.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.IngestEntry.Line;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class NdjsonReaderTest {

    @Property(tries = 300)
    void linesComeThroughHoweverTheStreamIsCut(
            @ForAll @Size(max = 20) List<@CharRange(from = 'a', to = 'z') String> lines,
            @ForAll @IntRange(min = 1, max = 7) int bytesARead) {
        var text = String.join("\n", lines);
        var expected = lines.stream().filter(line -> !line.isEmpty()).toList();

        assertThat(texts(new Trickle(text.getBytes(UTF_8), bytesARead))).isEqualTo(expected);
    }

    @Test
    void aLineLongerThanTheBufferComesThrough() {
        var line = "x".repeat(200_000);

        assertThat(texts(new ByteArrayInputStream((line + "\n" + line).getBytes(UTF_8))))
                .containsExactly(line, line);
    }

    @Test
    void aLineOverTheLimitDoesNotSpoilTheOthers() {
        var entries = entries(new ByteArrayInputStream("12345\n123456\n\n12345".getBytes(UTF_8)), 5);

        assertThat(entries).extracting(IngestEntry::label).containsExactly("f:1", "f:2", "f:4");
        assertThat(entries.get(1)).isEqualTo(new IngestEntry.Unreadable("f:2", "a line of more than 5 bytes"));
    }

    @Test
    void aStreamThatBreaksIsTold() {
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("gone");
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return read();
            }
        };

        assertThat(entries(broken, 5)).singleElement().isInstanceOf(IngestEntry.Unreadable.class);
    }

    private static List<String> texts(InputStream in) {
        return entries(in, 1 << 20).stream()
                .map(entry -> new String(((Line) entry).bytes(), UTF_8).stripTrailing())
                .toList();
    }

    private static List<IngestEntry> entries(InputStream in, int lineBytesMax) {
        var reader = new NdjsonReader("f", in, lineBytesMax);
        var entries = new ArrayList<IngestEntry>();
        for (var entry = reader.next(); entry != null; entry = reader.next()) {
            entries.add(entry);
        }
        return entries;
    }

    /** Gives a few bytes at a time, as a pipe may. */
    private static final class Trickle extends ByteArrayInputStream {

        private final int bytesARead;

        Trickle(byte[] bytes, int bytesARead) {
            super(bytes);
            this.bytesARead = bytesARead;
        }

        @Override
        public synchronized int read(byte[] buffer, int offset, int length) {
            return super.read(buffer, offset, Math.min(length, bytesARead));
        }
    }
}
