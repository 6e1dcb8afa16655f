package io.millrace.web;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import io.millrace.stream.Header;
import io.millrace.stream.ProducerRecord;
import io.millrace.web.Violation.Code;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads records for a topic, and what a new topic is to be, off a parser. A record has the fields that {@link RecordView}
 * shows: a key and a value that are each text (a string), JSON (an object or array, whose text is kept byte for byte) or
 * base64 (a string, with an encoding that says so), and headers. Without a value it is a tombstone.
 */
final class RecordReader {

    private static final int HEADERS_MAX = 100;
    private static final int HEADER_NAME_CHARACTERS_MAX = 255;

    private final JsonParser parser;
    private final char[] source;
    private final int recordsMax;
    private final Violations violations = new Violations();

    private RecordReader(JsonParser parser, char[] source, int recordsMax) {
        this.parser = parser;
        this.source = source;
        this.recordsMax = recordsMax;
    }

    /**
     * A record on its way, and where to.
     *
     * @param partition null for that of its key
     */
    record Destined(@Nullable Integer partition, ProducerRecord record) {}

    /** A topic that somebody wants. */
    record Wanted(String topic, int partitions) {}

    /** One record, or an array of them. */
    static StrictJson.ValueReader<JsonBody.Parsed<List<Destined>>> records(int max) {
        return (parser, source) -> {
            var reader = new RecordReader(parser, source, max);
            return reader.outcome(reader.records());
        };
    }

    static StrictJson.ValueReader<JsonBody.Parsed<Wanted>> topic() {
        return (parser, source) -> {
            var reader = new RecordReader(parser, source, 0);
            return reader.outcome(reader.wanted());
        };
    }

    private <T> JsonBody.Parsed<T> outcome(T value) {
        if (violations.count() == 0) {
            return new JsonBody.Parsed.Value<>(value);
        }
        var problem = violations.toProblem();
        return new JsonBody.Parsed.Refused<>(
                Problem.of(ProblemType.INVALID_RECORD, problem.detail()).withErrors(problem.errors()));
    }

    private Wanted wanted() throws IOException {
        var topic = "";
        var partitions = 1;
        if (is(JsonToken.START_OBJECT, "an object")) {
            for (var field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                parser.nextToken();
                switch (field) {
                    case "topic" -> topic = is(JsonToken.VALUE_STRING, "a string") ? parser.getText() : "";
                    case "partitions" -> partitions = number(1, ProducerApi.PARTITIONS_MAX);
                    default -> unknown(field);
                }
            }
            if (topic.isEmpty() && violations.count() == 0) {
                violations.addMissing(parser.getParsingContext(), "topic");
            }
        }
        return new Wanted(topic, partitions);
    }

    private List<Destined> records() throws IOException {
        var records = new ArrayList<Destined>();
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            records.add(record());
            return records;
        }
        var count = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (++count > recordsMax) {
                parser.skipChildren();
            } else {
                records.add(record());
            }
        }
        if (count > recordsMax) {
            violate(Code.TOO_MANY, "%,d records, at most %,d are taken at once.", count, recordsMax);
        } else if (count == 0) {
            violate(Code.EMPTY, "The array has no record.");
        }
        return records;
    }

    private Destined record() throws IOException {
        var key = new Bytes();
        var value = new Bytes();
        List<Header> headers = List.of();
        Integer partition = null;
        if (is(JsonToken.START_OBJECT, "an object")) {
            for (var field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                parser.nextToken();
                switch (field) {
                    case "key" -> key.read();
                    case "key_encoding" -> key.readEncoding();
                    case "value" -> value.read();
                    case "value_encoding" -> value.readEncoding();
                    case "headers" -> headers = headers();
                    case "partition" -> partition = number(0, ProducerApi.PARTITIONS_MAX - 1);
                    default -> unknown(field);
                }
            }
        }
        return new Destined(partition, new ProducerRecord(key.decoded("key"), value.decoded("value"), headers));
    }

    private List<Header> headers() throws IOException {
        var headers = new ArrayList<Header>();
        if (!is(JsonToken.START_ARRAY, "an array")) {
            return headers;
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (headers.size() == HEADERS_MAX) {
                violate(Code.TOO_MANY, "At most %,d headers a record.", HEADERS_MAX);
                parser.skipChildren();
            } else {
                headers.add(header());
            }
        }
        return headers;
    }

    private Header header() throws IOException {
        String name = null;
        var value = new Bytes();
        if (is(JsonToken.START_OBJECT, "an object")) {
            for (var field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                parser.nextToken();
                switch (field) {
                    case "name" -> name = headerName();
                    case "value" -> value.read();
                    case "value_encoding" -> value.readEncoding();
                    default -> unknown(field);
                }
            }
            if (name == null) {
                violations.addMissing(parser.getParsingContext(), "name");
            }
        }
        return new Header(name == null ? "" : name, value.decoded("value"));
    }

    private String headerName() throws IOException {
        if (!is(JsonToken.VALUE_STRING, "a string")) {
            return "";
        }
        var name = parser.getText();
        wellFormed(name);
        if (name.length() > HEADER_NAME_CHARACTERS_MAX) {
            violate(Code.TOO_LONG, "A header's name has at most %,d characters.", HEADER_NAME_CHARACTERS_MAX);
        }
        return name;
    }

    /** Bytes as JSON tells of them: a value and, before or behind it, how it is written. */
    private final class Bytes {
        private @Nullable String text;
        private @Nullable String json;
        private boolean isNull;
        private String encoding = "";

        void read() throws IOException {
            switch (parser.currentToken()) {
                case VALUE_NULL -> isNull = true;
                case VALUE_STRING -> {
                    text = parser.getText();
                    json = sourceOfToken();
                    wellFormed(text);
                }
                default -> json = sourceOfToken();
            }
        }

        void readEncoding() throws IOException {
            if (parser.currentToken() == JsonToken.VALUE_NULL) {
                return;
            }
            if (is(JsonToken.VALUE_STRING, "a string")) {
                encoding = parser.getText();
                if (!List.of("text", "json", "base64").contains(encoding)) {
                    violate(Code.UNKNOWN_VALUE, "It has to be text, json or base64.");
                }
            }
        }

        /** @param field for the complaint, once the whole object has been read */
        @Nullable
        Buffer decoded(String field) {
            if (json == null) {
                // No bytes, unless somebody says that it is JSON's own null.
                return isNull && encoding.equals("json") ? Buffer.buffer("null") : null;
            }
            return switch (encoding) {
                case "json" -> Buffer.buffer(json);
                case "base64" -> base64(field);
                default -> plain(field);
            };
        }

        private @Nullable Buffer plain(String field) {
            if (text != null) {
                return Buffer.buffer(text);
            }
            if (json != null && encoding.isEmpty() && (json.startsWith("{") || json.startsWith("["))) {
                return Buffer.buffer(json);
            }
            violate(
                    Code.WRONG_TYPE,
                    "The %s has to be a string, an object or an array; for other JSON say %s_encoding json.",
                    field,
                    field);
            return null;
        }

        private @Nullable Buffer base64(String field) {
            try {
                if (text != null) {
                    return Buffer.buffer(Base64.getDecoder().decode(text));
                }
            } catch (IllegalArgumentException e) {
                // Said below, for both cases.
            }
            violate(Code.WRONG_TYPE, "The %s is no base64 by RFC 4648, in a string.", field);
            return null;
        }
    }

    /** The characters of the value at hand as they came, since a tree would change numbers. */
    private String sourceOfToken() throws IOException {
        var start = Math.toIntExact(parser.currentTokenLocation().getCharOffset());
        parser.skipChildren();
        // A string is read only when it is asked for.
        parser.getTextLength();
        var end = Math.toIntExact(parser.currentLocation().getCharOffset());
        return new String(source, start, end - start);
    }

    private void wellFormed(String text) {
        if (Text.facts(text).loneSurrogateAt() >= 0) {
            violate(Code.LONE_SURROGATE, "It must not hold half of a surrogate pair, which is no character.");
        }
    }

    private int number(int min, int max) throws IOException {
        try {
            if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
                var number = parser.getIntValue();
                if (number >= min && number <= max) {
                    return number;
                }
            }
        } catch (InputCoercionException e) {
            // Said below, for all cases.
        }
        violate(Code.OUT_OF_RANGE, "It has to be a whole number from %d to %d.", min, max);
        parser.skipChildren();
        return min;
    }

    private boolean is(JsonToken expected, String kind) throws IOException {
        if (parser.currentToken() == expected) {
            return true;
        }
        violate(Code.WRONG_TYPE, "It has to be %s, and is %s.", kind, DocumentReader.kind(parser.currentToken()));
        parser.skipChildren();
        return false;
    }

    private void unknown(String field) throws IOException {
        violate(Code.UNKNOWN_FIELD, "There is no field %s here.", Text.shortened(field, 100));
        parser.skipChildren();
    }

    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency of the product
    private void violate(Code code, String detail, Object... arguments) {
        violations.add(parser.getParsingContext(), code, detail, arguments);
    }
}
