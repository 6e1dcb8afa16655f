package io.millrace.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;

/** Reads a file that is one document: as UTF-8, and strictly, since a guess would change the text without a word. */
final class DocumentReader {

    /** Above any limit that a server is likely to have; what is larger shall not fill our memory first. */
    static final int BYTES_MAX = 64 << 20;

    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private DocumentReader() {}

    static IngestEntry read(Source.DocumentFile file) {
        var place = IngestEntry.Place.whole(file.path().toString());
        try {
            if (Files.size(file.path()) > BYTES_MAX) {
                return new IngestEntry.Unreadable(
                        place.label(), "larger than " + Format.count(BYTES_MAX) + " bytes; split the file");
            }
            return decoded(place, file, Files.readAllBytes(file.path()));
        } catch (IOException e) {
            return new IngestEntry.Unreadable(place.label(), "cannot be read (" + e + ")");
        }
    }

    private static IngestEntry decoded(IngestEntry.Place place, Source.DocumentFile file, byte[] bytes)
            throws CharacterCodingException {
        var in = ByteBuffer.wrap(bytes);
        var out = CharBuffer.allocate(bytes.length);
        var result = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)
                .decode(in, out, true);
        if (result.isError()) {
            return new IngestEntry.Unreadable(place.label(), notUtf8(bytes, in.position()));
        }
        return IngestEntry.Line.of(
                place, file.sourceUri(), withoutMark(out.flip().toString()), file.contentType());
    }

    /** The mark at the beginning tells the encoding and is no part of the text. */
    private static String withoutMark(String text) {
        return !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
    }

    private static String notUtf8(byte[] bytes, int offset) {
        var line = 1;
        for (var i = 0; i < offset; i++) {
            line += bytes[i] == '\n' ? 1 : 0;
        }
        return "not UTF-8: byte 0x%02X at offset %s, line %s; convert the file first, for example with iconv -f windows-1252 -t utf-8"
                .formatted(bytes[offset], Format.count(offset), Format.count(line));
    }
}
