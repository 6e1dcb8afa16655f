package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.zip.CRC32;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class InflationTest {

    private static final int RATIO_MAX = 100;

    @Property(tries = 300)
    void anySplitOfGzipGivesWhatWasCompressed(
            @ForAll @Size(max = 3_000) byte[] bytes, @ForAll @IntRange(min = 1, max = 50) int size) throws Exception {
        assertThat(inflated(Inflation.gzip(RATIO_MAX), Compressed.gzip(bytes), size))
                .isEqualTo(bytes);
        assertThat(inflated(Inflation.zlib(RATIO_MAX), Compressed.zlib(bytes), size))
                .isEqualTo(bytes);
    }

    @Property(tries = 300)
    void aByteMadeAnotherIsFoundOrMakesNoDifference(
            @ForAll @Size(min = 1, max = 500) byte[] bytes, @ForAll @IntRange(min = 0, max = 10_000) int at) {
        var gzip = Compressed.gzip(bytes);
        var spoilt = Compressed.spoilt(gzip, 1 + at % gzip.length);
        byte[] inflated;
        try {
            inflated = inflated(Inflation.gzip(RATIO_MAX), spoilt, spoilt.length);
        } catch (ContentDecoder.Broken broken) {
            return;
        }
        // In the header: the time, the operating system, how hard it was compressed.
        assertThat(inflated).isEqualTo(bytes);
    }

    @Property(tries = 100)
    void everyCutIsFound(@ForAll @Size(max = 200) byte[] bytes) {
        for (var whole : new byte[][] {Compressed.gzip(bytes), Compressed.zlib(bytes)}) {
            for (var cut = 1; cut <= whole.length; cut++) {
                var part = Compressed.cut(whole, cut);
                var inflation = whole[0] == 0x1f ? Inflation.gzip(RATIO_MAX) : Inflation.zlib(RATIO_MAX);
                assertThatThrownBy(() -> inflated(inflation, part, 7)).isInstanceOf(ContentDecoder.Broken.class);
            }
        }
    }

    @Test
    void aGzipHeaderMayHaveAllItsParts() throws Exception {
        var plain = Compressed.gzip("text".getBytes(StandardCharsets.UTF_8));
        var header =
                new byte[] {0x1f, (byte) 0x8b, 8, 1 | 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 2, 0, 'x', 'y', 'n', 0, 'c', 0};
        var crc = new CRC32();
        crc.update(header);
        var checksum = new byte[] {(byte) crc.getValue(), (byte) (crc.getValue() >> 8)};
        var rest = Arrays.copyOfRange(plain, 10, plain.length);
        var whole = Compressed.joined(header, checksum, rest);
        assertThat(inflated(Inflation.gzip(RATIO_MAX), whole, 1)).asString().isEqualTo("text");

        checksum[1] ^= 1;
        var wrong = Compressed.joined(header, checksum, rest);
        assertThatThrownBy(() -> inflated(Inflation.gzip(RATIO_MAX), wrong, 1)).hasMessageContaining("header");
    }

    @Test
    void membersBehindEachOtherAreOneBody() throws Exception {
        var two = Compressed.joined(Compressed.gzip(new byte[] {1, 2}), Compressed.gzip(new byte[] {3}));
        assertThat(inflated(Inflation.gzip(RATIO_MAX), two, 5)).containsExactly(1, 2, 3);
    }

    @Test
    void theFirstMebibyteMayBeOfAnyRatio() throws Exception {
        var zeros = new byte[Inflation.RATIO_FREE_BYTES];
        assertThat(inflated(Inflation.gzip(1), Compressed.gzip(zeros), 1_000)).isEqualTo(zeros);
        assertThatThrownBy(() -> inflated(Inflation.gzip(1), Compressed.gzip(new byte[2 << 20]), 1_000))
                .hasMessageContaining("1 to 1");
    }

    @Test
    void aBombIsReadByThePiece() throws Exception {
        try (var inflation = Inflation.gzip(100)) {
            inflation.feed(Buffer.buffer(Compressed.gzip(new byte[10 << 20])));
            var piece = Objects.requireNonNull(inflation.read());
            assertThat(piece.length()).isLessThanOrEqualTo(Inflation.PIECE_BYTES);
        }
    }

    private static byte[] inflated(Inflation inflation, byte[] compressed, int size) throws ContentDecoder.Broken {
        var whole = Buffer.buffer();
        try (inflation) {
            for (var from = 0; from < compressed.length; from += size) {
                inflation.feed(
                        Buffer.buffer(Arrays.copyOfRange(compressed, from, Math.min(compressed.length, from + size))));
                for (var next = inflation.read(); next != null; next = inflation.read()) {
                    whole.appendBuffer(next);
                }
            }
            inflation.end();
        }
        return whole.getBytes();
    }
}
