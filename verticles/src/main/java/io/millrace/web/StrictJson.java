package io.millrace.web;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Reads a body as UTF-8 by RFC 3629 and JSON by RFC 8259, and nothing besides.
 *
 * <p>Jackson decodes bytes by itself, but leniently: an overlong {@code /} becomes a slash, and code points past 10FFFF
 * become U+FFFD. So the bytes are decoded here first, and the parser works on characters, whose positions also say where
 * a value stands in the text.
 */
final class StrictJson {

    static final int DEPTH_MAX = 64;
    static final int NUMBER_CHARACTERS_MAX = 1_000;
    static final int NAME_CHARACTERS_MAX = 65_536;

    /** Strings have no bound of their own: they lie in a body that has one, and each field has a rule that says more. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            // Shared tables of names would be filled, and their collisions chosen, by whoever posts metadata.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH_MAX)
                    .maxNumberLength(NUMBER_CHARACTERS_MAX)
                    .maxNameLength(NAME_CHARACTERS_MAX)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private StrictJson() {}

    sealed interface Result<T> {
        record Value<T>(T value) implements Result<T> {}

        record Malformed<T>(Problem problem) implements Result<T> {}
    }

    /** Reads one value: called at its first token, returns at its last. */
    @FunctionalInterface
    interface ValueReader<T> {
        T read(JsonParser parser, char[] source) throws IOException;
    }

    /** What the reader makes of the one value in the body, or what is wrong with the body. */
    static <T> Result<T> read(byte[] body, ValueReader<T> reader) {
        return switch (decode(body)) {
            case Result.Malformed<CharBuffer>(Problem problem) -> new Result.Malformed<>(problem);
            case Result.Value<CharBuffer>(CharBuffer text) -> parse(text, reader);
        };
    }

    private static Result<CharBuffer> decode(byte[] body) {
        String otherEncoding = otherEncoding(body);
        if (!otherEncoding.isEmpty()) {
            return new Result.Malformed<>(Problem.of(
                    ProblemType.INVALID_UTF8, otherEncoding + " It has to be UTF-8 without a byte order mark."));
        }
        ByteBuffer bytes = ByteBuffer.wrap(body);
        // A character takes at least one byte.
        CharBuffer text = CharBuffer.allocate(body.length);
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        CoderResult result = decoder.decode(bytes, text, true);
        if (result.isError()) {
            return new Result.Malformed<>(Problem.of(
                    ProblemType.INVALID_UTF8,
                    "The bytes from offset %d (0x%02X) are not UTF-8."
                            .formatted(bytes.position(), body[bytes.position()])));
        }
        return new Result.Value<>(text.flip());
    }

    /** A JSON text begins with an ASCII character that is not NUL, so that two bytes give the other encodings away. */
    private static String otherEncoding(byte[] body) {
        if (body.length < 2) {
            return "";
        }
        int first = body[0] & 0xff;
        int second = body[1] & 0xff;
        if (first == 0xEF && second == 0xBB && body.length > 2 && (body[2] & 0xff) == 0xBF) {
            return "The body begins with a byte order mark.";
        }
        boolean utf16Mark = (first == 0xFE && second == 0xFF) || (first == 0xFF && second == 0xFE);
        if (utf16Mark || first == 0 || second == 0) {
            return "The body is UTF-16 or UTF-32.";
        }
        return "";
    }

    private static <T> Result<T> parse(CharBuffer text, ValueReader<T> reader) {
        char[] source = text.array();
        try (JsonParser parser = JSON.createParser(source, 0, text.limit())) {
            try {
                return read(parser, source, reader);
            } catch (JsonProcessingException e) {
                return new Result.Malformed<>(problem(e, parser));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }

    private static <T> Result<T> read(JsonParser parser, char[] source, ValueReader<T> reader) throws IOException {
        if (parser.nextToken() == null) {
            return new Result.Malformed<>(
                    Problem.of(ProblemType.EMPTY_BODY, "There is no JSON text where one is expected."));
        }
        T value = reader.read(parser, source);
        if (parser.nextToken() != null) {
            return new Result.Malformed<>(Problem.of(
                    ProblemType.MALFORMED_JSON,
                    place(parser.currentTokenLocation()) + ": something follows the end of the JSON text."));
        }
        return new Result.Value<>(value);
    }

    private static Problem problem(JsonProcessingException e, JsonParser parser) {
        String place = place(e.getLocation() == null ? parser.currentLocation() : e.getLocation());
        if (e instanceof StreamConstraintsException) {
            return parser.getParsingContext().getNestingDepth() > DEPTH_MAX
                    ? Problem.of(ProblemType.TOO_DEEP, "%s: deeper than %d levels.".formatted(place, DEPTH_MAX))
                    : Problem.of(
                            ProblemType.TOKEN_TOO_LONG,
                            "%s: a number of more than %d characters, or a key of more than %d."
                                    .formatted(place, NUMBER_CHARACTERS_MAX, NAME_CHARACTERS_MAX));
        }
        if (e instanceof JsonEOFException) {
            return Problem.of(ProblemType.MALFORMED_JSON, place + ": the text ends too early.");
        }
        // The parser has no other way to tell; the table of bad inputs notices when a new version says it differently.
        String message = e.getOriginalMessage();
        if (message.contains("surrogate")) {
            return halfCharacterInKey(place, parser);
        }
        return Problem.of(
                message.startsWith("Duplicate") ? ProblemType.DUPLICATE_KEY : ProblemType.MALFORMED_JSON,
                place + ": " + Text.shortened(message, 200) + ".");
    }

    /** A rule of ours, as with values, and not of JSON; but the parser stops there, so that it is the only one told. */
    private static Problem halfCharacterInKey(String place, JsonParser parser) {
        Violations violations = new Violations();
        violations.add(
                parser.getParsingContext().getParent(),
                Violation.Code.LONE_SURROGATE,
                "%s: a key must not hold half of a surrogate pair, which is no character.",
                place);
        return violations.toProblem();
    }

    private static String place(JsonLocation location) {
        return "Line %d, column %d".formatted(location.getLineNr(), location.getColumnNr());
    }
}
