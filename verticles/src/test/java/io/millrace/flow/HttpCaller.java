package io.millrace.flow;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/** A client of one pod, speaking for one workspace. */
final class HttpCaller {

    static final String JSON = "application/json";
    static final String NDJSON = "application/x-ndjson";

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();

    private final URI base;
    private final String workspace;

    HttpCaller(URI base, String workspace) {
        this.base = base;
        this.workspace = workspace;
    }

    /** What came back. */
    record Answer(int status, String body) {
        JsonObject json() {
            return new JsonObject(body);
        }

        List<JsonObject> lines() {
            return body.lines().map(JsonObject::new).toList();
        }
    }

    Answer get(String path) {
        return send(request(path).GET());
    }

    Answer post(String contentType, byte[] body) {
        return send(request("/v1/documents")
                .header("Content-Type", contentType)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    Answer post(String contentType, String body) {
        return post(contentType, body.getBytes(StandardCharsets.UTF_8));
    }

    /** Posts one document; gives its job. */
    UUID accepted(JsonObject document) {
        return accepted(post(JSON, document.encode())).getFirst();
    }

    /** Posts an array of documents; gives their jobs. */
    List<UUID> acceptedAll(List<JsonObject> documents) {
        return accepted(post(JSON, new JsonArray(documents).encode()));
    }

    private static List<UUID> accepted(Answer answer) {
        if (answer.status() != 202) {
            throw new AssertionError("not accepted: " + answer);
        }
        var jobs = answer.json().getJsonArray("jobs");
        return IntStream.range(0, jobs.size())
                .mapToObj(i -> UUID.fromString(jobs.getJsonObject(i).getString("id")))
                .toList();
    }

    JsonObject job(UUID id) {
        return get("/v1/jobs/" + id).json();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE).header("Millrace-Workspace", workspace);
    }

    private static Answer send(HttpRequest.Builder request) {
        try {
            var response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
