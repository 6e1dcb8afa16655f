package io.millrace.extract;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.ProducerRecord;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads records of topic {@code mentions}: all that one chunk says about one entity, whose id is in the key
 * ({@code workspace/entity id}). The value is a JSON object that a person can read in the log:
 *
 * <p>{@code {"chunk","at","entity":{"name","type"?,"description"?,"evidence","occurrences"},
 * "relationships":[{"id","target","type","description"?,"evidence"}],"ends":["id of a relationship to this entity"]}}
 *
 * <p>With a record for each mention, which repeated key, chunk and time, mentions were half of the log's bytes and a sixth
 * of all Java time.
 */
public final class MentionRecord {

    private static final JsonFactory JSON = new JsonFactory();

    private MentionRecord() {}

    /** @param mentions at least one, all of one chunk and of one owner */
    static ProducerRecord write(List<Mention> mentions) {
        var first = mentions.getFirst();
        var bytes = new ByteArrayBuilder(512);
        try (var json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("chunk", first.chunkId().toString());
            json.writeStringField("at", first.at().toString());
            writeEntity(json, mentions);
            writeRelationships(json, mentions);
            writeEnds(json, mentions);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ProducerRecord.of(first.workspace() + "/" + first.owner(), Buffer.buffer(bytes.toByteArray()));
    }

    private static void writeEntity(JsonGenerator json, List<Mention> mentions) throws IOException {
        for (var mention : mentions) {
            if (mention instanceof Mention.OfEntity entity) {
                json.writeObjectFieldStart("entity");
                json.writeStringField("name", entity.name());
                writeText(json, "type", entity.type());
                writeText(json, "description", entity.description());
                json.writeNumberField("evidence", entity.evidence());
                json.writeNumberField("occurrences", entity.occurrences());
                json.writeEndObject();
            }
        }
    }

    private static void writeRelationships(JsonGenerator json, List<Mention> mentions) throws IOException {
        json.writeArrayFieldStart("relationships");
        for (var mention : mentions) {
            if (mention instanceof Mention.OfRelationship relationship) {
                json.writeStartObject();
                json.writeStringField("id", relationship.relationshipId().toString());
                json.writeStringField("target", relationship.targetId().toString());
                json.writeStringField("type", relationship.type());
                writeText(json, "description", relationship.description());
                json.writeNumberField("evidence", relationship.evidence());
                json.writeEndObject();
            }
        }
        json.writeEndArray();
    }

    private static void writeEnds(JsonGenerator json, List<Mention> mentions) throws IOException {
        json.writeArrayFieldStart("ends");
        for (var mention : mentions) {
            if (mention instanceof Mention.OfEnd end) {
                json.writeString(end.relationshipId().toString());
            }
        }
        json.writeEndArray();
    }

    private static void writeText(JsonGenerator json, String field, @Nullable String text) throws IOException {
        if (text != null) {
            json.writeStringField(field, text);
        }
    }

    /** The mentions of a record, at least one. */
    public static List<Mention> read(ConsumerRecord record) {
        try (var json = JSON.createParser(record.requiredValue().getBytes())) {
            return new Reader(json, record.keyText()).mentions();
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "offset %d holds no mentions: %s".formatted(record.offset(), e.getMessage()), e);
        }
    }

    /** Reads one value; chunk and time come first in it, as they are written. */
    private static final class Reader {
        private final JsonParser json;
        private final String workspace;
        private final UUID owner;
        private final List<Mention> mentions = new ArrayList<>();
        private @Nullable UUID chunk;
        private @Nullable Instant at;

        Reader(JsonParser json, String key) {
            this.json = json;
            var slash = key.lastIndexOf('/');
            this.workspace = key.substring(0, slash);
            this.owner = UUID.fromString(key.substring(slash + 1));
        }

        List<Mention> mentions() throws IOException {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("mentions are a JSON object, not " + json.currentToken());
            }
            for (var field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
                json.nextToken();
                switch (field) {
                    case "chunk" -> chunk = id();
                    case "at" -> at = Instant.parse(json.getText());
                    case "entity" -> entity();
                    case "relationships" -> items(this::relationship);
                    case "ends" -> items(this::end);
                    // A field of a later version: this one does not need it.
                    default -> json.skipChildren();
                }
            }
            return mentions;
        }

        private void entity() throws IOException {
            String name = null;
            String type = null;
            String description = null;
            var evidence = 0;
            var occurrences = 0;
            for (var field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
                json.nextToken();
                switch (field) {
                    case "name" -> name = json.getText();
                    case "type" -> type = json.getText();
                    case "description" -> description = json.getText();
                    case "evidence" -> evidence = json.getIntValue();
                    case "occurrences" -> occurrences = json.getIntValue();
                    default -> json.skipChildren();
                }
            }
            mentions.add(new Mention.OfEntity(
                    workspace,
                    present(chunk, "chunk"),
                    owner,
                    present(name, "name"),
                    type,
                    description,
                    evidence,
                    occurrences,
                    present(at, "at")));
        }

        private void relationship() throws IOException {
            UUID id = null;
            UUID target = null;
            String type = null;
            String description = null;
            var evidence = 0;
            for (var field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
                json.nextToken();
                switch (field) {
                    case "id" -> id = id();
                    case "target" -> target = id();
                    case "type" -> type = json.getText();
                    case "description" -> description = json.getText();
                    case "evidence" -> evidence = json.getIntValue();
                    default -> json.skipChildren();
                }
            }
            mentions.add(new Mention.OfRelationship(
                    workspace,
                    present(chunk, "chunk"),
                    present(id, "id"),
                    owner,
                    present(target, "target"),
                    present(type, "type"),
                    description,
                    evidence,
                    present(at, "at")));
        }

        private void end() throws IOException {
            mentions.add(new Mention.OfEnd(workspace, present(chunk, "chunk"), id(), owner, present(at, "at")));
        }

        @FunctionalInterface
        private interface Item {
            void read() throws IOException;
        }

        private void items(Item item) throws IOException {
            while (json.nextToken() != JsonToken.END_ARRAY) {
                item.read();
            }
        }

        private UUID id() throws IOException {
            return UUID.fromString(json.getText());
        }

        private static <T> T present(@Nullable T value, String field) {
            if (value == null) {
                throw new IllegalArgumentException("mentions without " + field);
            }
            return value;
        }
    }
}
