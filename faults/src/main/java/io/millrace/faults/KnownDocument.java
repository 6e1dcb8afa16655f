package io.millrace.faults;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A document as its sender knows it: a version of a numbered source. What it says is made again whenever somebody asks, so
 * that a million of them fit into memory.
 */
record KnownDocument(Corpus corpus, int number, int version) {

    record Entity(String name, String type) {}

    record Relationship(String source, String type, String target) {}

    /**
     * What is posted: short enough for one chunk, and with its extraction, so that what it adds to the graph is known without
     * any extractor. No two versions of a source have the same content.
     */
    record Body(String sourceUri, String content, List<Entity> entities, List<Relationship> relationships) {
        Body {
            entities = List.copyOf(entities);
            relationships = List.copyOf(relationships);
        }
    }

    /** Beginning of the source of documents that {@link LedgerPlugin} chokes on; the rest says how. */
    static final String POISON = "poison/";

    /** Beginning of the source of poison that ends the process: posted once, since it costs several lives of a pod. */
    static final String ENDLESS = POISON + "loops";

    Body body() {
        return corpus.body(number, version);
    }

    String sourceUri() {
        return corpus.sourceUri(number);
    }

    boolean poison() {
        return sourceUri().startsWith(POISON);
    }

    boolean endless() {
        return number == Corpus.ENDLESS;
    }

    /** As they are posted, each under its own attempt. */
    static List<JsonObject> json(List<KnownDocument> documents, List<String> attempts) {
        return IntStream.range(0, documents.size())
                .mapToObj(i -> documents.get(i).json(attempts.get(i)))
                .toList();
    }

    /** As it is posted: the attempt goes with the metadata, which makes no new version. */
    JsonObject json(String attempt) {
        var body = body();
        return new JsonObject()
                .put("source_uri", body.sourceUri())
                .put("content", body.content())
                .put("metadata", new JsonObject().put("attempt", attempt))
                .put(
                        "entities",
                        new JsonArray(body.entities().stream()
                                .map(entity -> new JsonObject()
                                        .put("name", entity.name())
                                        .put("type", entity.type()))
                                .toList()))
                .put(
                        "relationships",
                        new JsonArray(body.relationships().stream()
                                .map(relationship -> new JsonObject()
                                        .put("source", relationship.source())
                                        .put("target", relationship.target())
                                        .put("type", relationship.type()))
                                .toList()));
    }
}
