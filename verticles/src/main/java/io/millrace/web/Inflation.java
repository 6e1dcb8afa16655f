package io.millrace.web;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Inflates a body in the gzip format (RFC 1952), of one member or several, or in the zlib format (RFC 1950).
 *
 * <p>Not left to the HTTP library, which takes a body whose checksum was cut off for whole, answers corrupt ones by closing
 * the connection, and gives bytes that are no gzip as an empty body. Checksums and lengths are checked to the last byte.
 *
 * <p>Hazard: a kilobyte can stand for a megabyte. What is given is bounded by the ratio to what came, beyond a first
 * megabyte that short texts with many repetitions may use up.
 */
final class Inflation implements ContentDecoder {

    /** Read at a time: what a stream takes past its bounds is at most this. */
    static final int PIECE_BYTES = 16 << 10;

    static final int RATIO_FREE_BYTES = 1 << 20;

    private static final int TRAILER_BYTES = 8;
    private static final byte[] NOTHING = {};

    private enum State {
        HEADER,
        DATA,
        TRAILER,
        ENDED
    }

    private final boolean gzip;
    private final int ratioMax;
    private final Inflater inflater;
    private final CRC32 crc = new CRC32();
    private final byte[] output = new byte[PIECE_BYTES];
    private GzipHeader header = new GzipHeader();
    private State state;
    private byte[] input = NOTHING;
    private int position;
    /** The last piece was filled to the brim, so that the inflater may hold more than it was asked for. */
    private boolean brimful;

    private long received;
    private long inflated;
    private long members;
    private long trailer;
    private int trailerBytes;

    private Inflation(boolean gzip, int ratioMax) {
        this.gzip = gzip;
        this.ratioMax = ratioMax;
        this.inflater = new Inflater(gzip);
        this.state = gzip ? State.HEADER : State.DATA;
    }

    static Inflation gzip(int ratioMax) {
        return new Inflation(true, ratioMax);
    }

    static Inflation zlib(int ratioMax) {
        return new Inflation(false, ratioMax);
    }

    @Override
    public void feed(Buffer piece) {
        if (position < input.length || brimful) {
            throw new IllegalStateException("fed before the last piece was read to its end");
        }
        input = piece.getBytes();
        position = 0;
        received += input.length;
    }

    @Override
    public @Nullable Buffer read() throws Broken {
        while (position < input.length || brimful) {
            switch (state) {
                case HEADER -> readHeader();
                case DATA -> {
                    var count = inflate();
                    if (count > 0) {
                        return Buffer.buffer(Arrays.copyOf(output, count));
                    }
                }
                case TRAILER -> readTrailer();
                case ENDED -> throw broken("Something follows the end of the compressed data.");
            }
        }
        return null;
    }

    private void readHeader() throws Broken {
        if (header.isComplete(input[position++])) {
            inflater.reset();
            crc.reset();
            state = State.DATA;
        }
    }

    private int inflate() throws Broken {
        inflater.setInput(input, position, input.length - position);
        int count;
        try {
            count = inflater.inflate(output);
        } catch (DataFormatException e) {
            throw broken(
                    "The compressed data is corrupt" + (e.getMessage() == null ? "." : ": " + e.getMessage() + "."));
        }
        position = input.length - inflater.getRemaining();
        brimful = count == output.length && !inflater.finished();
        if (inflater.needsDictionary()) {
            throw broken("The compressed data needs a preset dictionary.");
        }
        if (inflater.finished()) {
            state = gzip ? State.TRAILER : State.ENDED;
        } else if (count == 0 && position < input.length) {
            throw broken("The compressed data cannot be read on.");
        }
        inflated += count;
        if (inflated > RATIO_FREE_BYTES + ratioMax * received) {
            throw new Broken(
                    ProblemType.COMPRESSION_RATIO_TOO_HIGH,
                    "%,d bytes inflate to %,d and more; past a mebibyte, %d to 1 is the most that is taken."
                            .formatted(received, inflated, ratioMax));
        }
        crc.update(output, 0, count);
        return count;
    }

    /** Checksum and length, each in four bytes, the lowest first. */
    private void readTrailer() throws Broken {
        trailer |= (input[position++] & 0xffL) << (8 * trailerBytes);
        if (++trailerBytes < TRAILER_BYTES) {
            return;
        }
        if ((trailer & 0xffff_ffffL) != crc.getValue()) {
            throw broken("The checksum does not fit the data.");
        }
        if (trailer >>> 32 != (inflater.getBytesWritten() & 0xffff_ffffL)) {
            throw broken("The length does not fit the data.");
        }
        trailer = 0;
        trailerBytes = 0;
        members++;
        header = new GzipHeader();
        state = State.HEADER;
    }

    @Override
    public void end() throws Broken {
        var whole = gzip ? members > 0 && state == State.HEADER && header.isUntouched() : state == State.ENDED;
        if (!whole) {
            throw broken("The compressed data ends too early.");
        }
    }

    private static Broken broken(String detail) {
        return new Broken(ProblemType.BROKEN_CONTENT_ENCODING, detail);
    }

    @Override
    public void close() {
        inflater.end();
    }
}
