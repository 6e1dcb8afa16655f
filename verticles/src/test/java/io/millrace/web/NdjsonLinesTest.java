package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.web.NdjsonLines.Line;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class NdjsonLinesTest {

    private static final int MAX = 8;

    @Property(tries = 1_000)
    void anySplitIntoBuffersGivesTheSameLines(
            @ForAll("streams") String stream, @ForAll @Size(max = 12) List<@IntRange(min = 0, max = 5) Integer> sizes) {
        var expected = expected(stream);
        assertThat(lines(cut(stream, sizes))).isEqualTo(expected);
        assertThat(lines(List.of(stream))).isEqualTo(expected);
        assertThat(lines(List.of(stream.split("")))).isEqualTo(expected);
    }

    @Provide
    Arbitrary<String> streams() {
        return Arbitraries.of("a", "bc", "1234567", "12345678", "123456789", " ", "\t", "\r", "\n", "\r\n", "\n\n")
                .list()
                .ofMaxSize(20)
                .map(parts -> String.join("", parts));
    }

    @Test
    void endsOfBothKindsAndNone() {
        assertThat(lines(List.of("one\ntwo\r\nthree"))).containsExactly("1:one", "2:two", "3:three");
    }

    @Test
    void blankLinesAreCountedButNotGiven() {
        assertThat(lines(List.of("\n \t\r\none\n\n\ntwo\n\n"))).containsExactly("3:one", "6:two");
    }

    @Test
    void aLineOverTheLimitIsToldAtOnceAndSpoilsNoOther() {
        var lines = new NdjsonLines(MAX);
        assertThat(lines.feed(Buffer.buffer("one\n12345678"))).hasSize(1);
        assertThat(lines.feed(Buffer.buffer("9"))).containsExactly(new Line.TooLong(2));
        assertThat(lines.feed(Buffer.buffer("x".repeat(100_000)))).isEmpty();
        assertThat(text(lines.feed(Buffer.buffer("\nthree\n")))).containsExactly("3:three");
    }

    @Test
    void theLimitLeavesOutTheEndOfTheLine() {
        assertThat(lines(List.of("12345678\r\n", "12345678\n", "12345678\r")))
                .containsExactly("1:12345678", "2:12345678", "3:12345678");
        assertThat(lines(List.of("12345678\r", "x\nok"))).containsExactly("1:too long", "2:ok");
    }

    @Test
    void aCharacterCutInTwoIsWhole() {
        byte[] euro = "€\n".getBytes(StandardCharsets.UTF_8);
        var lines = new NdjsonLines(MAX);
        assertThat(lines.feed(Buffer.buffer(new byte[] {euro[0]}))).isEmpty();
        assertThat(text(lines.feed(Buffer.buffer(new byte[] {euro[1], euro[2], euro[3]}))))
                .containsExactly("1:€");
    }

    /** The definition, slow and plain. */
    private static List<String> expected(String stream) {
        List<String> expected = new ArrayList<>();
        String[] raw = stream.split("\n", -1);
        for (int i = 0; i < raw.length; i++) {
            String line = raw[i].endsWith("\r") ? raw[i].substring(0, raw[i].length() - 1) : raw[i];
            if (line.length() > MAX) {
                expected.add((i + 1) + ":too long");
            } else if (!line.isBlank()) {
                expected.add((i + 1) + ":" + line);
            }
        }
        return expected;
    }

    private static List<String> cut(String stream, List<Integer> sizes) {
        List<String> parts = new ArrayList<>();
        int from = 0;
        for (int size : sizes) {
            int to = Math.min(stream.length(), from + size);
            parts.add(stream.substring(from, to));
            from = to;
        }
        parts.add(stream.substring(from));
        return parts;
    }

    private static List<String> lines(List<String> buffers) {
        var splitter = new NdjsonLines(MAX);
        List<Line> lines = new ArrayList<>();
        buffers.forEach(part -> lines.addAll(splitter.feed(Buffer.buffer(part))));
        splitter.end().ifPresent(lines::add);
        return text(lines);
    }

    private static List<String> text(List<Line> lines) {
        return lines.stream()
                .map(line -> switch (line) {
                    case Line.Complete(long number, byte[] bytes) ->
                        number + ":" + new String(bytes, StandardCharsets.UTF_8);
                    case Line.TooLong(long number) -> number + ":too long";
                })
                .toList();
    }
}
