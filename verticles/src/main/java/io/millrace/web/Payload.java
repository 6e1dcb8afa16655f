package io.millrace.web;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a record as an answer shows them: objects and arrays of JSON as they are, other UTF-8 as a string, the rest in
 * base64. The encoding says which, so that the bytes can be had again.
 *
 * @param value null for no bytes at all, which a tombstone has
 * @param encoding {@code json}, {@code text} or {@code base64}; null without a value
 */
record Payload(@Nullable Object value, @Nullable String encoding) {

    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    /** JSON that goes into the answer as it is. */
    private record Raw(@JsonValue @JsonRawValue String json) {}

    static Payload of(@Nullable Buffer bytes) {
        if (bytes == null) {
            return new Payload(null, null);
        }
        var text = text(bytes);
        if (text == null) {
            return new Payload(Base64.getEncoder().encodeToString(bytes.getBytes()), "base64");
        }
        return isStructured(text) ? new Payload(new Raw(onOneLine(text)), "json") : new Payload(text, "text");
    }

    private static @Nullable String text(Buffer bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.getBytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private static boolean isStructured(String text) {
        if (!text.startsWith("{") && !text.startsWith("[")) {
            return false;
        }
        try (JsonParser parser = JSON.createParser(text)) {
            parser.nextToken();
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    /** Line breaks of JSON stand between its tokens only, and an answer may be lines. */
    private static String onOneLine(String json) {
        return json.replace('\n', ' ').replace('\r', ' ');
    }
}
