package io.millrace.faults;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * A document as its sender knows it: short enough for one chunk, and with its extraction, so that what it adds to the graph
 * is known without any extractor. Equal contents of a source have equal extractions.
 */
record KnownDocument(String sourceUri, String content, List<Entity> entities, List<Relationship> relationships) {

    record Entity(String name, String type) {}

    record Relationship(String source, String type, String target) {}

    /** Beginning of the source of documents that {@link LedgerPlugin} chokes on; the rest says how. */
    static final String POISON = "poison/";

    KnownDocument {
        entities = List.copyOf(entities);
        relationships = List.copyOf(relationships);
    }

    /** Beginning of the source of poison that ends the process: posted once, since each costs several lives of a pod. */
    static final String ENDLESS = POISON + "loops";

    boolean poison() {
        return sourceUri.startsWith(POISON);
    }

    boolean endless() {
        return sourceUri.startsWith(ENDLESS);
    }

    /** As it is posted: the attempt goes with the metadata, which makes no new version. */
    JsonObject json(String attempt) {
        return new JsonObject()
                .put("source_uri", sourceUri)
                .put("content", content)
                .put("metadata", new JsonObject().put("attempt", attempt))
                .put(
                        "entities",
                        new JsonArray(entities.stream()
                                .map(entity -> new JsonObject()
                                        .put("name", entity.name())
                                        .put("type", entity.type()))
                                .toList()))
                .put(
                        "relationships",
                        new JsonArray(relationships.stream()
                                .map(relationship -> new JsonObject()
                                        .put("source", relationship.source())
                                        .put("target", relationship.target())
                                        .put("type", relationship.type()))
                                .toList()));
    }
}
