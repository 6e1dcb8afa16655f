package io.millrace.flow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** An OpenAPI document to hold answers against. Fields that a schema does not name are faults here. */
final class ApiDocument {

    private static final List<String> METHODS = List.of("get", "post", "put", "patch", "delete");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final JsonNode root;
    private final Map<JsonNode, JsonSchema> schemas = new HashMap<>();

    ApiDocument(String json) {
        this.root = parsed(json);
        close(root);
    }

    private static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + json, e);
        }
    }

    /** Clients may not rely on what is not documented, so a test must not let it pass. */
    private static void close(JsonNode node) {
        if (node instanceof ObjectNode object
                && object.path("properties").isObject()
                && !object.has("additionalProperties")) {
            object.put("additionalProperties", false);
        }
        node.forEach(ApiDocument::close);
    }

    /** Method and path of each operation. */
    Set<String> operations() {
        var operations = new TreeSet<String>();
        root.path("paths")
                .properties()
                .forEach(path -> METHODS.forEach(method -> {
                    if (path.getValue().has(method)) {
                        operations.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey());
                    }
                }));
        return operations;
    }

    /** The operation that serves a path; literal segments win over parameters. */
    String operation(String method, String path) {
        var segments = path.split("\\?", 2)[0].split("/", -1);
        return operations().stream()
                .filter(operation -> operation.startsWith(method + " "))
                .filter(operation -> matches(template(operation), segments))
                .min(Comparator.comparingLong(ApiDocument::parameters))
                .orElseThrow(() -> new AssertionError("no operation for " + method + " " + path));
    }

    private static long parameters(String operation) {
        return operation.chars().filter(c -> c == '{').count();
    }

    private static String[] template(String operation) {
        return operation.split(" ", 2)[1].split("/", -1);
    }

    private static boolean matches(String[] template, String[] segments) {
        if (template.length != segments.length) {
            return false;
        }
        for (var i = 0; i < template.length; i++) {
            if (!template[i].startsWith("{") && !template[i].equals(segments[i])) {
                return false;
            }
        }
        return true;
    }

    JsonNode node(String operation) {
        var parts = operation.split(" ", 2);
        return root.path("paths").path(parts[1]).path(parts[0].toLowerCase(Locale.ROOT));
    }

    /** Names of parameters of a kind, those of the path item included. */
    Set<String> parameters(String operation, String in) {
        var names = new TreeSet<String>();
        for (var list : List.of(
                root.path("paths").path(operation.split(" ", 2)[1]).path("parameters"),
                node(operation).path("parameters"))) {
            for (var parameter : list) {
                var resolved = resolved(parameter);
                if (resolved.path("in").asText().equals(in)) {
                    names.add(resolved.path("name").asText());
                }
            }
        }
        return names;
    }

    JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? root.at(node.path("$ref").asText().substring(1)) : node;
    }

    /** Statuses that are documented for an operation. */
    List<Integer> statuses(String operation) {
        var statuses = new ArrayList<Integer>();
        node(operation)
                .path("responses")
                .fieldNames()
                .forEachRemaining(status -> statuses.add(Integer.valueOf(status)));
        return statuses;
    }

    /** What is wrong with an answer; empty when it is as documented. */
    List<String> faults(String operation, int status, @Nullable String contentType, String body) {
        var response = resolved(node(operation).path("responses").path(Integer.toString(status)));
        if (response.isMissingNode()) {
            return List.of("status " + status + " is not documented: " + body);
        }
        var documented = response.path("content");
        if (documented.isEmpty() || body.isEmpty()) {
            return documented.isEmpty() == body.isEmpty()
                    ? List.of()
                    : List.of("a body where none is documented, or none");
        }
        var mediaType = String.valueOf(contentType).split(";", 2)[0];
        var content = documented.path(mediaType);
        if (content.isMissingNode()) {
            return List.of("content type " + mediaType + " is not documented");
        }
        if (!content.has("x-item-schema")) {
            return faults(content.path("schema"), mediaType.endsWith("json") ? parsed(body) : new TextNode(body));
        }
        return items(mediaType, body).stream()
                .flatMap(item -> faults(content.path("x-item-schema"), parsed(item)).stream())
                .toList();
    }

    private static List<String> items(String mediaType, String body) {
        return body.lines()
                .filter(line ->
                        !line.isEmpty() && (!mediaType.equals("text/event-stream") || line.startsWith("data: ")))
                .map(line -> mediaType.equals("text/event-stream") ? line.substring("data: ".length()) : line)
                .toList();
    }

    List<String> faults(JsonNode schema, JsonNode value) {
        return schemas.computeIfAbsent(schema, this::compiled).validate(value).stream()
                .map(ValidationMessage::getMessage)
                .toList();
    }

    private JsonSchema compiled(JsonNode schema) {
        var whole = ((ObjectNode) schema).deepCopy();
        whole.set("components", root.path("components"));
        var config =
                SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(whole, config);
    }

    /** References that lead nowhere. */
    List<String> danglingReferences() {
        return root.findValuesAsText("$ref").stream()
                .filter(reference -> root.at(reference.substring(1)).isMissingNode())
                .distinct()
                .toList();
    }

    List<String> operationIds() {
        return operations().stream()
                .map(operation -> node(operation).path("operationId").asText())
                .toList();
    }

    /** Examples of bodies that do not fit their own schema. */
    List<String> wrongExamples() {
        var faults = new ArrayList<String>();
        for (var operation : operations()) {
            var body = node(operation).path("requestBody").path("content");
            body.properties()
                    .forEach(content -> examples(content.getValue())
                            .forEach(example -> faults(content.getValue().path("schema"), example)
                                    .forEach(fault -> faults.add(operation + ": " + fault))));
        }
        return faults;
    }

    private static List<JsonNode> examples(JsonNode content) {
        return StreamSupport.stream(content.path("examples").spliterator(), false)
                .map(example -> example.path("value"))
                .toList();
    }
}
