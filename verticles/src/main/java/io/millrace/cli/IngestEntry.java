package io.millrace.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/** What reading a source gives for each document of it. */
sealed interface IngestEntry {

    /** What people know the document by: a file's name, or that of a file of lines and the line's number. */
    String label();

    /** A document as a line of NDJSON with its end, ready to be sent. */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Line(String label, byte[] bytes) implements IngestEntry {

        static Line of(String label, String sourceUri, String content, String contentType) {
            var document = new LinkedHashMap<String, String>();
            document.put("source_uri", sourceUri);
            document.put("content_type", contentType);
            document.put("content", content);
            try {
                return ended(label, Json.MAPPER.writeValueAsBytes(document));
            } catch (JacksonException e) {
                throw new UncheckedIOException(e);
            }
        }

        static Line ended(String label, byte[] json) {
            var bytes = Arrays.copyOf(json, json.length + 1);
            bytes[json.length] = '\n';
            return new Line(label, bytes);
        }

        /** The document's key, when the line has one. It is read where a line is sent again only, which is rare. */
        @Nullable
        String sourceUri() {
            try (var parser = Json.MAPPER.createParser(bytes)) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    return null;
                }
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    var found = parser.currentName().equals("source_uri");
                    if (parser.nextToken() == JsonToken.VALUE_STRING && found) {
                        return parser.getText();
                    }
                    parser.skipChildren();
                }
                return null;
            } catch (IOException _) {
                return null;
            }
        }
    }

    /** A document that cannot be sent, and why. */
    record Unreadable(String label, String reason) implements IngestEntry {}
}
