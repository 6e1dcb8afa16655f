package io.millrace.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The OpenAPI document: written by hand, as YAML, since it is the source of truth; served as JSON. */
final class OpenApi {

    private static final String SOURCE = "openapi.yaml";

    private OpenApi() {}

    static JsonNode document() {
        try (var yaml = OpenApi.class.getResourceAsStream(SOURCE)) {
            if (yaml == null) {
                throw new IllegalStateException(SOURCE + " is packaged with the service");
            }
            var document = new ObjectMapper(new YAMLFactory()).readTree(yaml);
            document.path("paths").forEach(OpenApi::shareParameters);
            return document;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is written once for a path goes to each of its operations: Swagger UI shows it without a name otherwise. */
    private static void shareParameters(JsonNode path) {
        var shared = ((ObjectNode) path).remove("parameters");
        if (shared != null) {
            path.forEach(operation -> {
                var all = shared.deepCopy();
                operation.path("parameters").forEach(((ArrayNode) all)::add);
                ((ObjectNode) operation).set("parameters", all);
            });
        }
    }
}
