package io.millrace.extract;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The JSON text of an {@link Extraction}, as the extraction cache keeps it: compact, fields in a fixed order, so that
 * equal extractions have equal text.
 *
 * <p>{@code {"entities":[{"name","type","description"?,"start","end","confidence"}],
 * "relationships":[{"source","target","type","description"?,"start","end","confidence"}]}}
 *
 * <p>Reading is strict: an unknown, repeated or missing field is an error, because a cached value that was understood
 * by half would be used for ever.
 */
public final class ExtractionJson {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            // A value that was written once must stay readable, however long a description an extractor gave.
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private ExtractionJson() {}

    public static String write(Extraction extraction) {
        var text = new StringWriter();
        try (var json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeArrayFieldStart("entities");
            for (var mention : extraction.entities()) {
                json.writeStartObject();
                json.writeStringField("name", mention.name());
                json.writeStringField("type", mention.type());
                writeRest(json, mention.description(), mention.start(), mention.end(), mention.confidence());
            }
            json.writeEndArray();
            json.writeArrayFieldStart("relationships");
            for (var mention : extraction.relationships()) {
                json.writeStartObject();
                json.writeStringField("source", mention.source());
                json.writeStringField("target", mention.target());
                json.writeStringField("type", mention.type());
                writeRest(json, mention.description(), mention.start(), mention.end(), mention.confidence());
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a string writer does no I/O", e);
        }
        return text.toString();
    }

    private static void writeRest(
            JsonGenerator json, @Nullable String description, int start, int end, double confidence)
            throws IOException {
        if (description != null) {
            json.writeStringField("description", description);
        }
        json.writeNumberField("start", start);
        json.writeNumberField("end", end);
        json.writeNumberField("confidence", confidence);
        json.writeEndObject();
    }

    /**
     * The extraction that {@link #write} made a text of.
     *
     * @throws IllegalArgumentException when it did not
     */
    public static Extraction read(String text) {
        try (var json = JSON.createParser(text)) {
            expect(json, json.nextToken(), JsonToken.START_OBJECT);
            @Nullable List<EntityMention> entities = null;
            @Nullable List<RelationshipMention> relationships = null;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                switch (json.currentName()) {
                    case "entities" -> entities = readMentions(json, Fields::toEntity);
                    case "relationships" -> relationships = readMentions(json, Fields::toRelationship);
                    default -> throw unknownField(json);
                }
            }
            if (entities == null || relationships == null || json.nextToken() != null) {
                throw new IllegalArgumentException("not one whole extraction");
            }
            return new Extraction(entities, relationships);
        } catch (IOException e) {
            throw new IllegalArgumentException("no extraction: " + e.getMessage(), e);
        }
    }

    private static <T> List<T> readMentions(JsonParser json, MentionReader<T> reader) throws IOException {
        expect(json, json.nextToken(), JsonToken.START_ARRAY);
        var mentions = new ArrayList<T>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            expect(json, json.currentToken(), JsonToken.START_OBJECT);
            mentions.add(reader.read(Fields.read(json)));
        }
        return mentions;
    }

    private static void expect(JsonParser json, @Nullable JsonToken actual, JsonToken expected) {
        if (actual != expected) {
            throw new IllegalArgumentException(
                    expected + " expected at " + json.currentLocation().offsetDescription());
        }
    }

    private static IllegalArgumentException unknownField(JsonParser json) throws IOException {
        return new IllegalArgumentException("unknown field " + json.currentName());
    }

    private interface MentionReader<T> {
        T read(Fields fields);
    }

    /** The fields of either kind of mention, as far as they came. */
    private record Fields(
            @Nullable String name,
            @Nullable String source,
            @Nullable String target,
            @Nullable String type,
            @Nullable String description,
            @Nullable Integer start,
            @Nullable Integer end,
            @Nullable Double confidence) {

        static Fields read(JsonParser json) throws IOException {
            @Nullable String name = null;
            @Nullable String source = null;
            @Nullable String target = null;
            @Nullable String type = null;
            @Nullable String description = null;
            @Nullable Integer start = null;
            @Nullable Integer end = null;
            @Nullable Double confidence = null;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                var field = json.currentName();
                var value = json.nextToken();
                switch (field) {
                    case "name" -> name = text(json, value);
                    case "source" -> source = text(json, value);
                    case "target" -> target = text(json, value);
                    case "type" -> type = text(json, value);
                    case "description" -> description = text(json, value);
                    case "start" -> start = integer(json, value);
                    case "end" -> end = integer(json, value);
                    case "confidence" -> confidence = json.getDoubleValue();
                    default -> throw unknownField(json);
                }
            }
            return new Fields(name, source, target, type, description, start, end, confidence);
        }

        private static int integer(JsonParser json, @Nullable JsonToken value) throws IOException {
            expect(json, value, JsonToken.VALUE_NUMBER_INT);
            return json.getIntValue();
        }

        private static String text(JsonParser json, @Nullable JsonToken value) throws IOException {
            expect(json, value, JsonToken.VALUE_STRING);
            return json.getText();
        }

        EntityMention toEntity() {
            if (source != null || target != null) {
                throw new IllegalArgumentException("an entity has no source or target");
            }
            return new EntityMention(
                    present(name, "name"),
                    present(type, "type"),
                    description,
                    present(start, "start"),
                    present(end, "end"),
                    present(confidence, "confidence"));
        }

        RelationshipMention toRelationship() {
            if (name != null) {
                throw new IllegalArgumentException("a relationship has no name");
            }
            return new RelationshipMention(
                    present(source, "source"),
                    present(target, "target"),
                    present(type, "type"),
                    description,
                    present(start, "start"),
                    present(end, "end"),
                    present(confidence, "confidence"));
        }

        private static <T> T present(@Nullable T value, String field) {
            if (value == null) {
                throw new IllegalArgumentException("a mention without " + field);
            }
            return value;
        }
    }
}
