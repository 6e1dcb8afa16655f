package io.millrace.web;

import io.millrace.web.ContentDecoder.Broken;
import java.util.zip.CRC32;

/** The header of a gzip member (RFC 1952), read byte by byte and forgotten: nothing in it is of use but its end. */
final class GzipHeader {

    private static final int FIXED_BYTES = 10;

    /** Room for a name and a comment; without a bound a header could be all that ever comes. */
    private static final int BYTES_MAX = 64 << 10;

    private static final int HEADER_CRC = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xe0;

    private final CRC32 crc = new CRC32();
    private int count;
    private int flags;
    /** Of the two bytes of a length or checksum, the lower one. */
    private int low;

    private int extraBytes;
    private int step;

    boolean isUntouched() {
        return count == 0;
    }

    /** Takes the next byte; whether it was the last of the header. */
    boolean isComplete(byte next) throws Broken {
        var value = next & 0xff;
        if (count < FIXED_BYTES) {
            fixed(value);
        } else {
            optional(value);
        }
        if (count++ > BYTES_MAX) {
            throw broken("The gzip header does not end.");
        }
        return count >= FIXED_BYTES && flags == 0;
    }

    private void fixed(int value) throws Broken {
        crc.update(value);
        var fits = switch (count) {
            case 0 -> value == 0x1f;
            case 1 -> value == 0x8b;
            case 2 -> value == 8;
            case 3 -> (value & RESERVED) == 0;
            default -> true;
        };
        if (!fits) {
            throw broken("This is not gzip: byte %d of the header is 0x%02X.".formatted(count, value));
        }
        if (count == 3) {
            // FTEXT, the lowest flag, brings nothing along.
            flags = value & (HEADER_CRC | EXTRA | NAME | COMMENT);
        }
    }

    /** The parts that the flags announce, in their order; a part that has been read takes its flag away. */
    private void optional(int value) throws Broken {
        if ((flags & EXTRA) != 0) {
            crc.update(value);
            extra(value);
        } else if ((flags & NAME) != 0) {
            crc.update(value);
            flags &= value == 0 ? ~NAME : -1;
        } else if ((flags & COMMENT) != 0) {
            crc.update(value);
            flags &= value == 0 ? ~COMMENT : -1;
        } else {
            checksum(value);
        }
    }

    private void extra(int value) {
        switch (step++) {
            case 0 -> low = value;
            case 1 -> extraBytes = low | value << 8;
            default -> extraBytes--;
        }
        if (step >= 2 && extraBytes == 0) {
            flags &= ~EXTRA;
            step = 0;
        }
    }

    private void checksum(int value) throws Broken {
        if (step++ == 0) {
            low = value;
            return;
        }
        if ((low | value << 8) != (crc.getValue() & 0xffff)) {
            throw broken("The checksum of the gzip header does not fit.");
        }
        flags &= ~HEADER_CRC;
    }

    private static Broken broken(String detail) {
        return new Broken(ProblemType.BROKEN_CONTENT_ENCODING, detail);
    }
}
