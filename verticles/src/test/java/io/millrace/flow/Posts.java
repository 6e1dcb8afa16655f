package io.millrace.flow;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Documents as a client writes them. */
final class Posts {

    private Posts() {}

    static JsonObject document(String sourceUri, String content) {
        return new JsonObject().put("source_uri", sourceUri).put("content", content);
    }

    static JsonObject document(
            String sourceUri, String content, List<JsonObject> entities, List<JsonObject> relationships) {
        return document(sourceUri, content)
                .put("entities", new JsonArray(entities))
                .put("relationships", new JsonArray(relationships));
    }

    static JsonObject entity(String name, String type) {
        return new JsonObject().put("name", name).put("type", type);
    }

    static JsonObject relationship(String source, String type, String target) {
        return new JsonObject().put("source", source).put("target", target).put("type", type);
    }

    /** Paragraphs of distinct words, each about as long as a chunk of 64 tokens. */
    static String paragraph(String theme, int sentences) {
        var text = new StringBuilder();
        for (var i = 1; i <= sentences; i++) {
            text.append("The ")
                    .append(theme)
                    .append(" turns for the ")
                    .append(i)
                    .append("th time this year. ");
        }
        return text.toString().strip();
    }
}
