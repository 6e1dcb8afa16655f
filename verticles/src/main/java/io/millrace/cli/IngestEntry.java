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

    /** What people know the document by. */
    String label();

    /** Where a document was read: a file that is one, or a line of a file of many, counted from 1. */
    record Place(String source, long line) {

        static final long WHOLE = 0;

        static Place whole(String source) {
            return new Place(source, WHOLE);
        }

        String label() {
            return Printable.text(source) + (line == WHOLE ? "" : ":" + line);
        }
    }

    /** A document as a line of NDJSON with its end, ready to be sent. */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Line(Place place, byte[] bytes) implements IngestEntry {

        @Override
        public String label() {
            return place.label();
        }

        static Line of(Place place, String sourceUri, String content, String contentType) {
            var document = new LinkedHashMap<String, String>();
            document.put("source_uri", sourceUri);
            document.put("content_type", contentType);
            document.put("content", content);
            try {
                return ended(place, Json.MAPPER.writeValueAsBytes(document));
            } catch (JacksonException e) {
                throw new UncheckedIOException(e);
            }
        }

        static Line ended(Place place, byte[] json) {
            var bytes = Arrays.copyOf(json, json.length + 1);
            bytes[json.length] = '\n';
            return new Line(place, bytes);
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
