package io.millrace.ingest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The value of a record in the topic of documents: one with the job it belongs to, as compact JSON in UTF-8.
 *
 * <p>The fields are named as in the HTTP interface. Metadata travels as a string that holds its text, since an object
 * would lose the sender's spacing and digits. A reader skips fields that it does not know, so that pods of two releases
 * can share the topic.
 */
public record DocumentRecord(UUID jobId, Document document) {

    /** A content is as long as the door lets in; a bound here as well would only make poison of what was accepted. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    public byte[] encode() {
        try (ByteArrayBuilder bytes = new ByteArrayBuilder(document.content().length() + 1024);
                JsonGenerator json = JSON.createGenerator(bytes)) {
            write(json);
            json.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
    }

    private void write(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("job_id", jobId.toString());
        json.writeStringField("workspace", document.workspace());
        json.writeStringField("source_uri", document.sourceUri());
        json.writeStringField("content_type", document.contentType().mediaType());
        json.writeStringField("job_type", document.jobType());
        writeOptional(json, "metadata", document.metadata());
        if (document.supplied()) {
            writeEntities(json, document.entities());
            writeRelationships(json, document.relationships());
        }
        json.writeStringField("content", document.content());
        json.writeEndObject();
    }

    private static void writeEntities(JsonGenerator json, List<SuppliedEntity> entities) throws IOException {
        json.writeArrayFieldStart("entities");
        for (SuppliedEntity entity : entities) {
            json.writeStartObject();
            json.writeStringField("name", entity.name());
            json.writeStringField("type", entity.type());
            writeOptional(json, "description", entity.description());
            writeOptional(json, "confidence", entity.confidence());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeRelationships(JsonGenerator json, List<SuppliedRelationship> relationships)
            throws IOException {
        json.writeArrayFieldStart("relationships");
        for (SuppliedRelationship relationship : relationships) {
            json.writeStartObject();
            json.writeStringField("source", relationship.source());
            json.writeStringField("target", relationship.target());
            json.writeStringField("type", relationship.type());
            writeOptional(json, "description", relationship.description());
            writeOptional(json, "confidence", relationship.confidence());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeOptional(JsonGenerator json, String name, @Nullable String text) throws IOException {
        if (text != null) {
            json.writeStringField(name, text);
        }
    }

    private static void writeOptional(JsonGenerator json, String name, @Nullable Double value) throws IOException {
        if (value != null) {
            json.writeNumberField(name, value);
        }
    }

    /**
     * Reads what {@link #encode} made.
     *
     * @throws IllegalArgumentException for other bytes
     */
    public static DocumentRecord decode(byte[] value) {
        try (JsonParser json = JSON.createParser(value)) {
            expect(json, json.nextToken(), JsonToken.START_OBJECT);
            return read(json);
        } catch (IOException e) {
            throw new IllegalArgumentException("not a document record", e);
        }
    }

    private static DocumentRecord read(JsonParser json) throws IOException {
        String jobId = null;
        String workspace = null;
        String sourceUri = null;
        String content = null;
        String contentType = null;
        String jobType = null;
        String metadata = null;
        List<SuppliedEntity> entities = null;
        List<SuppliedRelationship> relationships = null;
        for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
            json.nextToken();
            switch (name) {
                case "job_id" -> jobId = text(json);
                case "workspace" -> workspace = text(json);
                case "source_uri" -> sourceUri = text(json);
                case "content" -> content = text(json);
                case "content_type" -> contentType = text(json);
                case "job_type" -> jobType = text(json);
                case "metadata" -> metadata = text(json);
                case "entities" -> entities = list(json, DocumentRecord::entity);
                case "relationships" -> relationships = list(json, DocumentRecord::relationship);
                default -> json.skipChildren();
            }
        }
        return new DocumentRecord(
                UUID.fromString(required("job_id", jobId)),
                new Document(
                        required("workspace", workspace),
                        required("source_uri", sourceUri),
                        required("content", content),
                        ContentType.of(required("content_type", contentType))
                                .orElseThrow(() -> new IllegalArgumentException("unknown content type")),
                        required("job_type", jobType),
                        metadata,
                        entities == null ? List.of() : entities,
                        relationships == null ? List.of() : relationships,
                        entities != null || relationships != null));
    }

    private static SuppliedEntity entity(JsonParser json) throws IOException {
        String entityName = null;
        String type = null;
        String description = null;
        Double confidence = null;
        for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
            json.nextToken();
            switch (name) {
                case "name" -> entityName = text(json);
                case "type" -> type = text(json);
                case "description" -> description = text(json);
                case "confidence" -> confidence = json.getDoubleValue();
                default -> json.skipChildren();
            }
        }
        return new SuppliedEntity(required("name", entityName), required("type", type), description, confidence);
    }

    private static SuppliedRelationship relationship(JsonParser json) throws IOException {
        String source = null;
        String target = null;
        String type = null;
        String description = null;
        Double confidence = null;
        for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
            json.nextToken();
            switch (name) {
                case "source" -> source = text(json);
                case "target" -> target = text(json);
                case "type" -> type = text(json);
                case "description" -> description = text(json);
                case "confidence" -> confidence = json.getDoubleValue();
                default -> json.skipChildren();
            }
        }
        return new SuppliedRelationship(
                required("source", source),
                required("target", target),
                required("type", type),
                description,
                confidence);
    }

    private static <T> List<T> list(JsonParser json, ItemReader<T> reader) throws IOException {
        expect(json, json.currentToken(), JsonToken.START_ARRAY);
        List<T> items = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            expect(json, json.currentToken(), JsonToken.START_OBJECT);
            items.add(reader.read(json));
        }
        return items;
    }

    @FunctionalInterface
    private interface ItemReader<T> {
        T read(JsonParser json) throws IOException;
    }

    private static String text(JsonParser json) throws IOException {
        expect(json, json.currentToken(), JsonToken.VALUE_STRING);
        return json.getText();
    }

    private static void expect(JsonParser json, @Nullable JsonToken actual, JsonToken expected) {
        if (actual != expected) {
            throw new IllegalArgumentException("%s where %s belongs, at byte %d"
                    .formatted(actual, expected, json.currentLocation().getByteOffset()));
        }
    }

    private static String required(String field, @Nullable String value) {
        if (value == null) {
            throw new IllegalArgumentException("a document record without " + field);
        }
        return value;
    }
}
