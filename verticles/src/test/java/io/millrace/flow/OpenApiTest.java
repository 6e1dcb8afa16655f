package io.millrace.flow;

import static io.millrace.flow.Posts.document;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The OpenAPI document against the running service, route by route and both ways. */
class OpenApiTest extends PodTest {

    private static final String JSON = "application/json";
    private static final Pattern KNOWN_PARAMETERS = Pattern.compile("This route takes (.*)\\.");
    private static final UUID NOBODY = new UUID(0, 1);

    private ApiDocument document;

    /** Operation to status to how many answers were checked. */
    private final TreeMap<String, TreeMap<Integer, Integer>> checked = new TreeMap<>();

    private final List<String> faults = new ArrayList<>();

    @Override
    Map<String, String> settings() {
        return Map.of("MILLRACE_HTTP_MAX_BODY_BYTES", "1MiB");
    }

    @BeforeEach
    void readDocument() {
        document = new ApiDocument(reads.get("/openapi.json").body());
    }

    @Test
    void everyRouteIsDocumentedAndEveryOperationIsRouted() {
        assertThat(new TreeSet<>(pod.routes())).isEqualTo(document.operations());
    }

    @Test
    void theDocumentHoldsTogether() {
        assertThat(document.danglingReferences()).isEmpty();
        assertThat(document.operationIds()).doesNotHaveDuplicates().doesNotContain("");
        assertThat(document.wrongExamples()).isEmpty();
        assertThat(document.operations()).allSatisfy(operation -> {
            assertThat(document.node(operation).path("summary").asText()).isNotBlank();
            assertThat(document.node(operation).path("tags")).hasSize(1);
            assertThat(document.parameters(operation, "path"))
                    .isEqualTo(Pattern.compile("\\{(\\w+)}")
                            .matcher(operation)
                            .results()
                            .map(match -> match.group(1))
                            .collect(Collectors.toCollection(TreeSet::new)));
        });
    }

    /** A route says which parameters it knows when it is given one that it does not. */
    @Test
    void parametersOfTheQueryAreTheDocumentedOnes() {
        for (var operation : document.operations()) {
            var parts = operation.split(" ", 2);
            var path = Pattern.compile("\\{\\w+}").matcher(parts[1]).replaceAll("1");
            var known = refused(reads.send(parts[0], path + "?nonsense=1", parts[0].equals("POST") ? "" : null));
            if (known != null) {
                var documented = document.parameters(operation, "query");
                // Ids go with nothing else, so the list without them does not name them.
                documented.remove("ids");
                assertThat(known).as(operation).isEqualTo(documented);
            } else {
                assertThat(parts[1]).matches("/health/.*|/metrics");
            }
        }
    }

    private static @Nullable Set<String> refused(Reads.Answer answer) {
        if (answer.status() != 400) {
            return null;
        }
        var match = KNOWN_PARAMETERS.matcher(answer.json().getString("detail"));
        return match.matches() && !match.group(1).equals("no query parameters")
                ? Stream.of(match.group(1).split(", ", -1)).collect(Collectors.toCollection(TreeSet::new))
                : new TreeSet<>();
    }

    @Test
    void aFaultIsFound() {
        var health = "GET /health/live";
        assertThat(document.faults(health, 200, JSON, "{\"status\": \"UP\"}")).isEmpty();
        assertThat(document.faults(health, 200, JSON, "{\"status\": \"UP\", \"more\": 1}"))
                .hasSize(1);
        assertThat(document.faults(health, 200, JSON, "{\"status\": 1}")).isNotEmpty();
        assertThat(document.faults(health, 200, "text/plain", "{\"status\": \"UP\"}"))
                .hasSize(1);
        assertThat(document.faults(health, 404, JSON, "{}")).hasSize(1);
        assertThat(document.faults("GET /v1/jobs", 200, JSON, "{\"jobs\": [{\"id\": 1}], \"next_cursor\": null}"))
                .isNotEmpty();
    }

    @Test
    void everyRouteAnswersAsItsSchemaSays() throws Exception {
        askForDocumentsAndJobs();
        askForTheGraph();
        askForEvents();
        askForTheLog();
        askForDeadLetters();
        askForTheRest();
        System.out.println(table());

        assertThat(faults).isEmpty();
        assertThat(document.operations()).allSatisfy(operation -> {
            var successes = document.statuses(operation).stream()
                    .filter(status -> status < 400)
                    .toList();
            assertThat(checked.getOrDefault(operation, new TreeMap<>()).keySet())
                    .as(operation)
                    .containsAll(successes);
        });
    }

    private String table() {
        var lines = checked.entrySet().stream()
                .map(entry -> "%-60s %s".formatted(entry.getKey(), statuses(entry.getValue())))
                .collect(Collectors.joining("\n"));
        var answers = checked.values().stream()
                .flatMap(counts -> counts.values().stream())
                .mapToInt(Integer::intValue)
                .sum();
        return "%s%n%d operations, %d answers checked, %d faults"
                .formatted(lines, checked.size(), answers, faults.size());
    }

    private static String statuses(Map<Integer, Integer> counts) {
        return counts.entrySet().stream()
                .map(count -> count.getKey() + "×" + count.getValue())
                .collect(Collectors.joining("  "));
    }

    private Reads.Answer get(int status, String path, String... headers) {
        return check(status, "GET", path, reads.get(path, headers));
    }

    private Reads.Answer post(int status, String path, String body, String... headers) {
        return check(status, "POST", path, reads.send("POST", path, body, headers));
    }

    private Reads.Answer check(int status, String method, String path, Reads.Answer answer) {
        check(method, path, answer.status(), answer.header("Content-Type"), answer.body());
        if (answer.status() != status) {
            faults.add("%s %s: %d and not %d: %s".formatted(method, path, answer.status(), status, answer.body()));
        }
        return answer;
    }

    private void check(String method, String path, int status, String contentType, String body) {
        var operation = document.operation(method, path);
        checked.computeIfAbsent(operation, first -> new TreeMap<>()).merge(status, 1, Integer::sum);
        document.faults(operation, status, contentType, body)
                .forEach(fault -> faults.add("%s %s: %s".formatted(method, path, fault)));
    }

    /** Again with the tag that came: it has not changed. */
    private void getTwice(String path) {
        var tag = get(200, path).header("ETag");
        get(304, path, "If-None-Match", tag);
    }

    private void askForDocumentsAndJobs() {
        var text = "Grace Hopper worked at Harvard University. Harvard University is in Cambridge.";
        var one = post(
                202,
                "/v1/documents",
                document("mill", text)
                        .put("metadata", new JsonObject().put("a", 1))
                        .encode(),
                "Content-Type",
                JSON);
        var array = new JsonArray()
                .add(document("a", "Ada Lovelace met Grace Hopper."))
                .add(document("b", text));
        post(200, "/v1/documents", array.encode(), "Content-Type", JSON, "Prefer", "wait=30");
        var keyed = new String[] {"Content-Type", JSON, "Idempotency-Key", "k1"};
        post(202, "/v1/documents", document("keyed", text).encode(), keyed);
        post(202, "/v1/documents", document("keyed", text).encode(), keyed);
        post(422, "/v1/documents", document("keyed", "another").encode(), keyed);
        var lines = document("line", text).encode() + "\n{\"content\": 5}\n";
        post(200, "/v1/documents", lines, "Content-Type", "application/x-ndjson");
        post(400, "/v1/documents", "{", "Content-Type", JSON);
        post(415, "/v1/documents", "x", "Content-Type", "text/plain");
        post(415, "/v1/documents", "x", "Content-Type", JSON, "Content-Encoding", "br");
        post(422, "/v1/documents", "{\"content\": 5, \"more\": 1}", "Content-Type", JSON);
        post(
                403,
                "/v1/documents",
                document("x", text).encode(),
                "Content-Type",
                JSON,
                "Origin",
                "https://elsewhere.example");
        post(413, "/v1/documents", " ".repeat(1_100_000), "Content-Type", JSON);

        var job =
                UUID.fromString(one.json().getJsonArray("jobs").getJsonObject(0).getString("id"));
        completed(job);
        get(200, "/v1/jobs/" + job);
        get(404, "/v1/jobs/" + NOBODY);
        get(400, "/v1/jobs/x");
        get(200, "/v1/jobs?limit=2");
        get(200, "/v1/jobs?ids=" + job + "," + NOBODY);
        get(400, "/v1/jobs?status=x");
        get(200, "/v1/jobs/" + job + "/results");
        get(404, "/v1/jobs/" + NOBODY + "/results");
        get(400, "/v1/jobs/" + job + "/results?cursor=x");
        post(409, "/v1/jobs/" + job + "/cancel", "");
        post(404, "/v1/jobs/" + NOBODY + "/cancel", "");
        cancelled();
        getTwice("/v1/documents?source_uri=mill");
        get(200, "/v1/documents?source_uri=mill&content=false&limit=1");
        get(404, "/v1/documents?source_uri=nothing");
        get(400, "/v1/documents");
    }

    /** A job can be cancelled as long as nothing has begun with it: try until one was quick enough. */
    private void cancelled() {
        patiently().until(() -> {
            var posted = caller.accepted(document("cancelled/" + UUID.randomUUID(), "Ada Lovelace met Alan Turing."));
            var answer = reads.send("POST", "/v1/jobs/" + posted + "/cancel", "");
            return check(answer.status(), "POST", "/v1/jobs/" + posted + "/cancel", answer)
                            .status()
                    == 200;
        });
    }

    private void askForTheGraph() {
        // What still comes would change an entity between two reads of it.
        Drained.await(rows, Duration.ofMinutes(1));
        patiently().until(() -> reads.json("/v1/graph/stats").getLong("entity_count") > 2);
        var found = get(200, "/v1/graph/entities?q=hopper").json().getJsonArray("entities");
        var hopper = found.getJsonObject(0).getString("id");
        var cambridge = get(200, "/v1/graph/entities?q=cambridge")
                .json()
                .getJsonArray("entities")
                .getJsonObject(0)
                .getString("id");
        get(200, "/v1/graph/entities?limit=3");
        get(400, "/v1/graph/entities?limit=0");
        getTwice("/v1/graph/entities/" + hopper);
        get(404, "/v1/graph/entities/" + NOBODY);
        get(400, "/v1/graph/entities/x");
        get(200, "/v1/graph/entities/" + hopper + "/neighbors?limit=1");
        get(404, "/v1/graph/entities/" + NOBODY + "/neighbors");
        get(400, "/v1/graph/entities/" + hopper + "/neighbors?direction=up");
        get(200, "/v1/graph/subgraph?entity=" + hopper + "&depth=2");
        get(404, "/v1/graph/subgraph?entity=" + NOBODY);
        get(400, "/v1/graph/subgraph");
        get(200, "/v1/graph/paths?from=" + hopper + "&to=" + cambridge);
        get(404, "/v1/graph/paths?from=" + hopper + "&to=" + NOBODY);
        get(400, "/v1/graph/paths?from=" + hopper);
        // The statistics may still move; in a workspace where nothing is they do not.
        get(200, "/v1/graph/stats");
        for (var path : List.of("stats/history", "growth", "types", "degrees", "entities/top")) {
            get(200, "/v1/graph/" + path);
            get(400, "/v1/graph/" + path + "?nonsense=1");
        }
        for (var path : List.of("stats", "stats/history", "growth", "types", "degrees", "entities/top")) {
            unchanged("/v1/graph/" + path);
        }
        get(200, "/v1/graph/growth?step=minute&from=2026-11-21T00:00:00Z&to=2026-11-21T01:00:00Z");
        get(200, "/v1/graph/export");
        get(400, "/v1/graph/export?x=1");
        get(400, "/v1/graph/stats/history?step=week");
        get(400, "/v1/graph/stats?x=1");
    }

    private void unchanged(String path) {
        patiently().until(() -> {
            var tag = reads.get(path).header("ETag");
            var answer = reads.get(path, "If-None-Match", tag);
            check("GET", path, answer.status(), answer.header("Content-Type"), answer.body());
            return answer.status() == 304;
        });
    }

    private void askForEvents() throws Exception {
        stream("/v1/events?after=earliest", 3, "Accept", "text/event-stream");
        get(406, "/v1/events", "Accept", "text/html");
        get(400, "/v1/events?kinds=x");
        get(410, "/v1/events?after=99999999");
        get(426, "/v1/events/ws");
        get(400, "/v1/events/ws?kinds=x");
        webSocket();
    }

    /** An answer that does not end: so many of its items. */
    private void stream(String path, int items, String... headers) throws IOException {
        var response = reads.open(path, headers);
        var body = new StringBuilder();
        try (var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (var seen = 0; seen < items; ) {
                var line = lines.readLine();
                if (line == null) {
                    faults.add(path + " ended: " + body);
                    break;
                }
                body.append(line).append('\n');
                seen += line.startsWith("data: ") || line.startsWith("{") ? 1 : 0;
            }
        }
        var contentType = response.headers().firstValue("Content-Type").orElse("");
        check("GET", path, response.statusCode(), contentType, body.toString());
    }

    private void webSocket() throws Exception {
        var first = new CompletableFuture<String>();
        var second = new CompletableFuture<String>();
        var socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .header("Millrace-Workspace", workspace)
                .buildAsync(
                        URI.create("ws://127.0.0.1:" + pod.base().getPort() + "/v1/events/ws?after=earliest"),
                        new WebSocket.Listener() {
                            private final StringBuilder message = new StringBuilder();

                            @Override
                            public @Nullable CompletionStage<?> onText(
                                    WebSocket from, CharSequence data, boolean last) {
                                message.append(data);
                                if (last) {
                                    var text = message.toString();
                                    message.setLength(0);
                                    if (!first.complete(text)) {
                                        second.complete(text);
                                    }
                                }
                                from.request(1);
                                return null;
                            }
                        })
                .get(20, TimeUnit.SECONDS);
        check("GET", "/v1/events/ws", 101, "", "");
        assertThat(new JsonObject(first.get(20, TimeUnit.SECONDS)).getString("kind"))
                .isEqualTo("position");
        check("GET", "/v1/events", 200, "text/event-stream", "data: " + second.get(20, TimeUnit.SECONDS));
        socket.abort();
    }

    private void askForTheLog() throws IOException {
        get(200, "/v1/topics");
        get(400, "/v1/topics?x=1");
        get(200, "/v1/topics/events");
        get(404, "/v1/topics/nothing");
        get(200, "/v1/topics/events/records?limit=5");
        get(404, "/v1/topics/nothing/records");
        get(400, "/v1/topics/documents/records");
        stream("/v1/topics/events/records?tail=true&offset=0&limit=3", 3);
        stream("/v1/topics/events/records?tail=true&offset=0&limit=3", 3, "Accept", "text/event-stream");
        post(201, "/v1/topics", "{\"topic\": \"own\", \"partitions\": 2}", "Content-Type", JSON);
        post(200, "/v1/topics", "{\"topic\": \"own\", \"partitions\": 2}", "Content-Type", JSON);
        post(409, "/v1/topics", "{\"topic\": \"own\", \"partitions\": 3}", "Content-Type", JSON);
        post(400, "/v1/topics", "{", "Content-Type", JSON);
        post(422, "/v1/topics", "{\"topic\": 5}", "Content-Type", JSON);
        post(415, "/v1/topics", "x", "Content-Type", "text/plain");
        post(201, "/v1/topics/own/records", "[{\"key\": \"a\", \"value\": {\"n\": 1}}]", "Content-Type", JSON);
        post(404, "/v1/topics/nothing/records", "{\"value\": \"a\"}", "Content-Type", JSON);
        post(409, "/v1/topics/mentions/records", "{\"value\": \"a\"}", "Content-Type", JSON);
        post(422, "/v1/topics/own/records", "{\"valu\": \"a\"}", "Content-Type", JSON);
        get(200, "/v1/groups");
        get(400, "/v1/groups?x=1");
        post(200, "/v1/groups/stats/seek?to=end&allow_skip=true", "");
        post(404, "/v1/groups/nothing/seek?to=end", "");
        post(400, "/v1/groups/stats/seek", "");
    }

    private void askForDeadLetters() {
        for (var i = 0; i < 2; i++) {
            rows.list("""
                    select stream.append(topic_id, 0, gen_random_uuid(), 10, array['k'::bytea], array['no document'::bytea], null, 9223372036854775807)
                    from stream.topics where name = 'documents'
                    """);
        }
        patiently()
                .until(() -> reads.json("/v1/deadletters")
                                .getJsonArray("deadletters")
                                .size()
                        == 2);
        var letters = get(200, "/v1/deadletters?limit=5").json().getJsonArray("deadletters");
        var first = path(letters.getJsonObject(0));
        var second = path(letters.getJsonObject(1));
        get(400, "/v1/deadletters?state=x");
        getTwice(first);
        get(404, "/v1/deadletters/documents/0/999");
        get(400, "/v1/deadletters/documents/0/x");
        post(200, first + "/drop", "");
        post(409, first + "/drop", "");
        post(404, "/v1/deadletters/documents/0/999/drop", "");
        post(400, "/v1/deadletters/documents/0/x/drop", "");
        post(200, second + "/retry", "");
        post(409, second + "/retry", "");
        post(404, "/v1/deadletters/documents/0/999/retry", "");
        post(400, "/v1/deadletters/documents/0/x/retry", "");
    }

    private static String path(JsonObject letter) {
        return "/v1/deadletters/%s/%d/%d"
                .formatted(letter.getString("topic"), letter.getInteger("partition"), letter.getLong("offset"));
    }

    private void askForTheRest() {
        get(200, "/health/live");
        get(200, "/health/ready");
        get(200, "/health/detailed");
        get(200, "/metrics");
        get(200, "/problems");
        get(200, "/problems", "Accept", JSON);
        get(200, "/problems/overloaded");
        get(200, "/problems/overloaded", "Accept", JSON);
        get(404, "/problems/nothing");
        getTwice("/openapi.json");
        get(400, "/openapi.json?x=1");
        var page = get(200, "/docs");
        assertThat(page.header("Content-Security-Policy"))
                .contains("default-src 'none'")
                .doesNotContain("unsafe");
        var parts = Pattern.compile("(?:src|href)=\"([^\"]*)\"")
                .matcher(page.body())
                .results()
                .map(match -> match.group(1))
                .toList();
        assertThat(parts).hasSize(4).allMatch(part -> part.startsWith("/docs/"));
        parts.forEach(part -> get(200, part));
        get(404, "/docs/index.html");
    }
}
