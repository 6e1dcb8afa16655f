package io.millrace.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.cli.IngestEntry.Line;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Makes records, as the server reads them, of lines of input. */
final class RecordLines {

    /** A line that is no record; the message says which and why. */
    static final class NoRecord extends RuntimeException {
        private static final long serialVersionUID = 1;

        NoRecord(String label, String reason) {
            super(label + ": " + reason);
        }
    }

    private static final JsonFactory JSON = new JsonFactory();

    private final TopicProduceCommand.InputFormat format;
    private final byte @Nullable [] separator;
    private final byte @Nullable [] key;
    private final @Nullable Integer partition;

    RecordLines(
            TopicProduceCommand.InputFormat format,
            @Nullable String separator,
            @Nullable String key,
            @Nullable Integer partition) {
        this.format = format;
        this.separator = separator == null ? null : separator.getBytes(StandardCharsets.UTF_8);
        this.key = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
        this.partition = partition;
    }

    List<String> all(List<Line> lines) {
        return lines.stream().map(this::record).toList();
    }

    private String record(Line line) {
        return switch (format) {
            case LINES -> plain(line);
            case JSONL -> json(line);
        };
    }

    private String plain(Line line) {
        var bytes = withoutEnd(line.bytes());
        if (separator == null) {
            return record(key, bytes);
        }
        var at = indexOf(bytes, separator);
        if (at < 0) {
            throw new NoRecord(line.label(), "there is no key separator in it");
        }
        return record(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at + separator.length, bytes.length));
    }

    /** Both kinds of line's end, so that a file from another system has the same values. */
    private static byte[] withoutEnd(byte[] line) {
        var length = line.length - 1;
        return Arrays.copyOf(line, length > 0 && line[length - 1] == '\r' ? length - 1 : length);
    }

    private static int indexOf(byte[] bytes, byte[] sought) {
        for (var i = 0; i + sought.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + sought.length, sought, 0, sought.length)) {
                return i;
            }
        }
        return -1;
    }

    private String record(byte @Nullable [] recordKey, byte[] value) {
        var out = new StringWriter();
        try (var json = JSON.createGenerator(out)) {
            json.writeStartObject();
            if (partition != null) {
                json.writeNumberField("partition", partition);
            }
            if (recordKey != null) {
                write(json, "key", recordKey);
            }
            write(json, "value", value);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString();
    }

    private static void write(JsonGenerator json, String field, byte[] bytes) throws IOException {
        try {
            json.writeStringField(
                    field,
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(bytes))
                            .toString());
        } catch (CharacterCodingException _) {
            json.writeStringField(field, Base64.getEncoder().encodeToString(bytes));
            json.writeStringField(field + "_encoding", "base64");
        }
    }

    /** The object as it stands, without what only the log says; the server judges the rest. */
    private static String json(Line line) {
        var out = new StringJoiner(",", "{", "}");
        var partition = "";
        var fromLog = false;
        requireUtf8(line);
        try (var parser = Json.MAPPER.createParser(line.bytes())) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new NoRecord(line.label(), "it is no JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var name = parser.currentName();
                parser.nextToken();
                var field = Json.write(name) + ":" + source(parser, line.bytes());
                switch (name) {
                    case "offset" -> fromLog = true;
                    case "timestamp" -> {}
                    case "partition" -> partition = field;
                    default -> out.add(field);
                }
            }
            if (parser.nextToken() != null) {
                throw new NoRecord(line.label(), "something follows the object");
            }
        } catch (JacksonException e) {
            throw new NoRecord(line.label(), "it is no JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // Beside an offset, a partition is where the record stood, in a topic that may have had more of them.
        if (!partition.isEmpty() && !fromLog) {
            out.add(partition);
        }
        return out.toString();
    }

    /** The parser passes over what it does not look at, and a replacement character is not what somebody wrote. */
    private static void requireUtf8(Line line) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line.bytes()));
        } catch (CharacterCodingException _) {
            throw new NoRecord(line.label(), "it is not UTF-8");
        }
    }

    /** The value at hand, byte for byte. */
    private static String source(JsonParser parser, byte[] line) throws IOException {
        var start = (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        parser.finishToken();
        var end = (int) parser.currentLocation().getByteOffset();
        return new String(line, start, end - start, StandardCharsets.UTF_8);
    }
}
