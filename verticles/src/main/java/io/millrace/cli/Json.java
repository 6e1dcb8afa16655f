package io.millrace.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.StringWriter;

/** JSON as the server writes it, and as it is printed. */
final class Json {

    /** Lenient towards fields that a newer server adds. */
    static final ObjectMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    static <T> T read(String answer, Class<T> type) {
        try {
            return MAPPER.readValue(answer, type);
        } catch (JacksonException e) {
            throw ApiException.unexpected(
                    200, "what answers is no millrace, or another version: " + e.getOriginalMessage());
        }
    }

    /**
     * The same JSON on several lines. Token by token, since a tree would change numbers that a double cannot hold; ASCII
     * only where the output's charset would turn the rest into question marks.
     */
    static String pretty(String json, boolean asciiOnly) {
        var out = new StringWriter();
        try (var parser = FACTORY.createParser(json);
                var generator = FACTORY.createGenerator(out).useDefaultPrettyPrinter()) {
            generator.configure(JsonWriteFeature.ESCAPE_NON_ASCII.mappedFeature(), asciiOnly);
            while (parser.nextToken() != null) {
                if (parser.currentToken().isNumeric()) {
                    generator.writeNumber(parser.getText());
                } else {
                    generator.copyCurrentEvent(parser);
                }
            }
        } catch (IOException _) {
            throw ApiException.unexpected(200, "what answers is no millrace: its answer is not JSON");
        }
        return out.toString();
    }
}
