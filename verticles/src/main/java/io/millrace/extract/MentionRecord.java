package io.millrace.extract;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.ProducerRecord;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads records of topic {@code mentions}: key {@code workspace/entity id}, value a JSON object that a person
 * can read in the log, its {@code kind} being entity, relationship or end.
 */
public final class MentionRecord {

    private static final JsonFactory JSON = new JsonFactory();

    private MentionRecord() {}

    static ProducerRecord write(Mention mention) {
        var bytes = new ByteArrayOutputStream(320);
        try (var json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            switch (mention) {
                case Mention.OfEntity entity -> write(json, entity);
                case Mention.OfRelationship relationship -> write(json, relationship);
                case Mention.OfEnd end -> write(json, end);
            }
            json.writeStringField("chunk", mention.chunkId().toString());
            json.writeStringField("at", mention.at().toString());
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ProducerRecord.of(mention.workspace() + "/" + mention.owner(), Buffer.buffer(bytes.toByteArray()));
    }

    private static void write(JsonGenerator json, Mention.OfEntity entity) throws IOException {
        json.writeStringField("kind", "entity");
        json.writeStringField("entity", entity.entityId().toString());
        json.writeStringField("name", entity.name());
        writeText(json, "type", entity.type());
        writeText(json, "description", entity.description());
        json.writeNumberField("evidence", entity.evidence());
        json.writeNumberField("occurrences", entity.occurrences());
    }

    private static void write(JsonGenerator json, Mention.OfRelationship relationship) throws IOException {
        json.writeStringField("kind", "relationship");
        json.writeStringField("relationship", relationship.relationshipId().toString());
        json.writeStringField("source", relationship.sourceId().toString());
        json.writeStringField("target", relationship.targetId().toString());
        json.writeStringField("type", relationship.type());
        writeText(json, "description", relationship.description());
        json.writeNumberField("evidence", relationship.evidence());
    }

    private static void write(JsonGenerator json, Mention.OfEnd end) throws IOException {
        json.writeStringField("kind", "end");
        json.writeStringField("relationship", end.relationshipId().toString());
        json.writeStringField("target", end.targetId().toString());
    }

    private static void writeText(JsonGenerator json, String field, @Nullable String text) throws IOException {
        if (text != null) {
            json.writeStringField(field, text);
        }
    }

    public static Mention read(ConsumerRecord record) {
        try (var json = JSON.createParser(record.requiredValue().getBytes())) {
            return new Fields(json).mention(workspace(record.keyText()));
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "offset %d is no mention: %s".formatted(record.offset(), e.getMessage()), e);
        }
    }

    private static String workspace(String key) {
        return key.substring(0, key.lastIndexOf('/'));
    }

    /** The fields of a mention of whatever kind, as they come. */
    private static final class Fields {
        private String kind = "";
        private @Nullable UUID entity;
        private @Nullable UUID relationship;
        private @Nullable UUID source;
        private @Nullable UUID target;
        private @Nullable UUID chunk;
        private @Nullable String name;
        private @Nullable String type;
        private @Nullable String description;
        private @Nullable Instant at;
        private int evidence;
        private int occurrences;

        Fields(JsonParser json) throws IOException {
            expect(json.nextToken(), JsonToken.START_OBJECT);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                var field = json.currentName();
                json.nextToken();
                take(field, json);
            }
        }

        private void take(String field, JsonParser json) throws IOException {
            switch (field) {
                case "kind" -> kind = json.getText();
                case "entity" -> entity = UUID.fromString(json.getText());
                case "relationship" -> relationship = UUID.fromString(json.getText());
                case "source" -> source = UUID.fromString(json.getText());
                case "target" -> target = UUID.fromString(json.getText());
                case "chunk" -> chunk = UUID.fromString(json.getText());
                case "name" -> name = json.getText();
                case "type" -> type = json.getText();
                case "description" -> description = json.getText();
                case "at" -> at = Instant.parse(json.getText());
                case "evidence" -> evidence = json.getIntValue();
                case "occurrences" -> occurrences = json.getIntValue();
                // A field of a later version: this one does not need it.
                default -> json.skipChildren();
            }
        }

        Mention mention(String workspace) {
            var chunkId = present(chunk, "chunk");
            var time = present(at, "at");
            return switch (kind) {
                case "entity" ->
                    new Mention.OfEntity(
                            workspace,
                            chunkId,
                            present(entity, "entity"),
                            present(name, "name"),
                            type,
                            description,
                            evidence,
                            occurrences,
                            time);
                case "relationship" ->
                    new Mention.OfRelationship(
                            workspace,
                            chunkId,
                            present(relationship, "relationship"),
                            present(source, "source"),
                            present(target, "target"),
                            present(type, "type"),
                            description,
                            evidence,
                            time);
                case "end" ->
                    new Mention.OfEnd(
                            workspace, chunkId, present(relationship, "relationship"), present(target, "target"), time);
                default -> throw new IllegalArgumentException("a mention of unknown kind: " + kind);
            };
        }

        private static <T> T present(@Nullable T value, String field) {
            if (value == null) {
                throw new IllegalArgumentException("a mention without " + field);
            }
            return value;
        }

        private static void expect(@Nullable JsonToken token, JsonToken expected) {
            if (token != expected) {
                throw new IllegalArgumentException("a mention is a JSON object, not " + token);
            }
        }
    }
}
