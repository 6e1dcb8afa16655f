package io.millrace.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** JSON as the server writes it, and as it is printed. */
final class Json {

    /** A document's text comes as one string, and the server has its own limits, also for names. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    /** Lenient towards fields that a newer server adds; a number keeps its digits. */
    static final ObjectMapper MAPPER = JsonMapper.builder(FACTORY)
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private Json() {}

    static <T> T read(String answer, Class<T> type) {
        try {
            return MAPPER.readValue(answer, type);
        } catch (JacksonException e) {
            throw ApiException.unexpected(
                    200, "what answers is no millrace, or another version: " + e.getOriginalMessage());
        }
    }

    /** What this process made itself, and therefore has a JSON form. */
    static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JacksonException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The same JSON on several lines. Token by token, since a tree would change numbers that a double cannot hold; ASCII
     * only where the output's charset would turn the rest into question marks.
     */
    static String pretty(String json, boolean asciiOnly) {
        try (var parser = FACTORY.createParser(json)) {
            parser.nextToken();
            return text(parser, asciiOnly, true);
        } catch (IOException _) {
            throw noJson();
        }
    }

    /**
     * The elements of a list, each on one line.
     *
     * @param list the field of the object that has the list; null for the whole text as the only element
     */
    static List<String> lines(String json, @Nullable String list, boolean asciiOnly) {
        var lines = new ArrayList<String>();
        try (var parser = FACTORY.createParser(json)) {
            parser.nextToken();
            if (list == null) {
                lines.add(text(parser, asciiOnly, false));
            } else if (find(parser, list)) {
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    lines.add(text(parser, asciiOnly, false));
                }
            }
        } catch (IOException _) {
            throw noJson();
        }
        return lines;
    }

    /** An object with one field, which is a list of these JSON texts. */
    static String list(String field, List<String> elements) {
        return "{\"" + field + "\":[" + String.join(",", elements) + "]}";
    }

    /** Goes to the array that is this field of the object at hand. */
    private static boolean find(JsonParser parser, String field) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var found = parser.currentName().equals(field);
            if (parser.nextToken() == JsonToken.START_ARRAY && found) {
                return true;
            }
            parser.skipChildren();
        }
        return false;
    }

    /** The value at hand; leaves the parser at its last token. */
    private static String text(JsonParser parser, boolean asciiOnly, boolean pretty) throws IOException {
        var out = new StringWriter();
        try (var generator = FACTORY.createGenerator(out)) {
            generator.configure(JsonWriteFeature.ESCAPE_NON_ASCII.mappedFeature(), asciiOnly);
            if (pretty) {
                generator.useDefaultPrettyPrinter();
            }
            copy(parser, generator);
        }
        return out.toString();
    }

    private static void copy(JsonParser parser, JsonGenerator generator) throws IOException {
        var depth = 0;
        do {
            var token = parser.currentToken();
            if (token == null) {
                throw new IOException("ends early");
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            if (token.isNumeric()) {
                generator.writeNumber(parser.getText());
            } else {
                generator.copyCurrentEvent(parser);
            }
        } while (depth > 0 && parser.nextToken() != null);
        if (depth > 0) {
            throw new IOException("ends early");
        }
    }

    private static ApiException noJson() {
        return ApiException.unexpected(200, "what answers is no millrace: its answer is not JSON");
    }
}
