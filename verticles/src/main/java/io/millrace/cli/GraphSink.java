package io.millrace.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.io.Writer;
import org.jspecify.annotations.Nullable;

/** Writes an exported graph in some format, line by line as the server sends it. */
abstract sealed class GraphSink permits GraphMl, NdjsonGraph {

    /** A line of the export: an entity, a relationship, or the end with its counts. */
    record Exported(
            String kind,
            @Nullable String id,
            @Nullable String name,
            @Nullable String entityType,
            @Nullable String relationshipType,
            @Nullable String sourceEntityId,
            @Nullable String sourceName,
            @Nullable String targetEntityId,
            @Nullable String targetName,
            @Nullable String description,
            double confidence,
            long mentions,
            @JsonProperty("entities") long entityCount,
            @JsonProperty("relationships") long relationshipCount) {}

    final Writer out;
    private long entities;
    private long relationships;
    private boolean ended;

    GraphSink(Writer out) {
        this.out = out;
    }

    void begin() throws IOException {}

    final void line(String json) throws IOException {
        var exported = Json.read(json, Exported.class);
        switch (exported.kind()) {
            case "entity" -> {
                entities++;
                entity(json, exported);
            }
            case "relationship" -> {
                relationships++;
                relationship(json, exported);
            }
            case "end" -> {
                ended = exported.entityCount() == entities && exported.relationshipCount() == relationships;
                last(json);
            }
            default -> throw ApiException.unexpected(200, "the export has a line of kind " + exported.kind());
        }
    }

    abstract void entity(String json, Exported entity) throws IOException;

    abstract void relationship(String json, Exported relationship) throws IOException;

    void last(String json) throws IOException {}

    void end() throws IOException {}

    /** Whether the server said that this was all, and it was. */
    final boolean whole() {
        return ended;
    }

    String summary() {
        return "%s, %s"
                .formatted(
                        entities == 1 ? "1 entity" : Format.count(entities) + " entities",
                        Format.count(relationships, "relationship"));
    }
}
