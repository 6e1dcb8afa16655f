package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A server that answers as Millrace does, without doing anything: documents are accepted unless their text says otherwise,
 * and their jobs complete at the second look.
 */
final class FakeMillrace implements AutoCloseable {

    private final HttpServer server;
    private final Queue<HttpHandler> interventions = new ArrayDeque<>();
    private final Queue<Map<Integer, Integer>> lineStatuses = new ArrayDeque<>();
    private final List<List<JsonNode>> requests = new ArrayList<>();
    private final List<String> paths = new ArrayList<>();
    private final List<String> workspaces = new ArrayList<>();
    private final List<String> contentTypes = new ArrayList<>();
    private final Map<UUID, JsonNode> jobs = new LinkedHashMap<>();
    private final Map<UUID, Integer> looks = new LinkedHashMap<>();
    private final Map<String, String> answers = new LinkedHashMap<>();
    private final List<String> bodies = new ArrayList<>();

    FakeMillrace() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::handle);
        server.start();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** The next request is handled so, once. */
    FakeMillrace intervene(HttpHandler handler) {
        interventions.add(handler);
        return this;
    }

    /** In the next post, these lines get these statuses. */
    FakeMillrace refuseLines(Map<Integer, Integer> statusByLine) {
        lineStatuses.add(statusByLine);
        return this;
    }

    FakeMillrace answer(String path, String json) {
        answers.put(path, json);
        return this;
    }

    /** What a post to this path brings, whatever its body is. */
    FakeMillrace answerPost(String path, String json) {
        return answer("POST " + path, json);
    }

    /** The bodies of such posts. */
    List<String> bodies() {
        return bodies;
    }

    /** The documents of each post that got an answer. */
    List<List<JsonNode>> requests() {
        return requests;
    }

    List<JsonNode> documents() {
        return requests.stream().flatMap(List::stream).toList();
    }

    List<String> sourceUris() {
        return documents().stream()
                .map(document -> document.path("source_uri").asText())
                .toList();
    }

    List<String> paths() {
        return paths;
    }

    List<String> workspaces() {
        return workspaces;
    }

    List<String> contentTypes() {
        return contentTypes;
    }

    List<UUID> jobs() {
        return List.copyOf(jobs.keySet());
    }

    @Override
    public void close() {
        server.stop(0);
    }

    static HttpHandler problem(int status, String code, String detail, @Nullable String retryAfter) {
        return exchange -> {
            exchange.getRequestBody().readAllBytes();
            if (retryAfter != null) {
                exchange.getResponseHeaders().set("Retry-After", retryAfter);
            }
            send(exchange, status, "application/problem+json", problemJson(status, code, detail));
        };
    }

    static String problemJson(int status, String code, String detail) {
        return "{\"type\":\"/problems/%s\",\"title\":\"T\",\"status\":%d,\"code\":\"%s\",\"detail\":\"%s\"}"
                .formatted(code, status, code, detail);
    }

    static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        paths.add(exchange.getRequestURI().toString());
        workspaces.add(exchange.getRequestHeaders().getFirst("Millrace-Workspace"));
        var intervention = interventions.poll();
        var posted = answers.get("POST " + exchange.getRequestURI());
        if (intervention != null) {
            intervention.handle(exchange);
        } else if (exchange.getRequestMethod().equals("POST") && posted != null) {
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            send(exchange, 200, "application/json", posted);
        } else if (exchange.getRequestMethod().equals("POST")
                && exchange.getRequestURI().getPath().equals("/v1/documents")) {
            send(exchange, 200, "application/x-ndjson", accept(exchange));
        } else {
            answer(exchange);
        }
    }

    String accept(HttpExchange exchange) throws IOException {
        contentTypes.add(exchange.getRequestHeaders().getFirst("Content-Type"));
        var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        var statuses = lineStatuses.isEmpty() ? Map.<Integer, Integer>of() : lineStatuses.remove();
        var documents = new ArrayList<JsonNode>();
        var results = new StringBuilder();
        var number = 0;
        for (var line : body.lines().toList()) {
            number++;
            var document = Json.MAPPER.readTree(line);
            documents.add(document);
            var status = statuses.getOrDefault(
                    number, document.path("content").asText().isEmpty() ? 422 : 202);
            results.append(status == 202 ? accepted(number, document) : refused(number, status))
                    .append('\n');
        }
        requests.add(documents);
        return results.toString();
    }

    private String accepted(int number, JsonNode document) {
        var id = new UUID(0x0190_0000_0000_7000L, 0x8000_0000_0000_0000L + jobs.size());
        jobs.put(id, document);
        return "{\"line\":%d,\"status\":202,\"source_uri\":%s,\"job_id\":\"%s\"}"
                .formatted(number, document.path("source_uri"), id);
    }

    private static String refused(int number, int status) {
        return status == 422
                ? """
                {"line":%d,"status":422,"problem":{"type":"/problems/invalid_document","title":"Invalid document",\
                "status":422,"code":"invalid_document","detail":"The document breaks a rule.",\
                "errors":[{"pointer":"/content","code":"blank","detail":"must not be empty"}]}}""".formatted(number)
                : "{\"line\":%d,\"status\":%d,\"problem\":%s}"
                        .formatted(number, status, problemJson(status, "unavailable", "Try later."));
    }

    private void answer(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().toString();
        if (answers.containsKey(path)) {
            send(exchange, 200, "application/json", answers.get(path));
        } else if (path.startsWith("/v1/jobs?ids=")) {
            send(exchange, 200, "application/json", jobList(path.substring("/v1/jobs?ids=".length())));
        } else {
            problem(404, "not_found", "Nothing has this path.", null).handle(exchange);
        }
    }

    private String jobList(String ids) {
        var found = new ArrayList<String>();
        var missing = new ArrayList<String>();
        for (var text : ids.split(",", -1)) {
            var id = UUID.fromString(text);
            var document = jobs.get(id);
            if (document == null || document.path("content").asText().contains("vanish")) {
                missing.add("\"" + id + "\"");
            } else {
                found.add(jobJson(id, document));
            }
        }
        return "{\"jobs\":[%s],\"missing\":[%s]}".formatted(String.join(",", found), String.join(",", missing));
    }

    private String jobJson(UUID id, JsonNode document) {
        var ended = looks.merge(id, 1, Integer::sum) > 1;
        var poisoned = document.path("content").asText().contains("poison");
        var status = ended ? poisoned ? "failed" : "completed" : "processing";
        return """
                {"id":"%s","workspace":"default","job_type":"ingest_doc","status":"%s","source_uri":%s,\
                "document_id":"d","chunks_total":%s,"chunks_processed":%d,"created_at":"2026-11-21T12:00:00Z",\
                "started_at":null,"completed_at":null,"metadata":{},"error_message":%s}""".formatted(
                        id,
                        status,
                        document.path("source_uri"),
                        ended ? "2" : "null",
                        ended ? 2 : 0,
                        ended && poisoned ? "\"extractor gave up\"" : "null");
    }
}
