package io.millrace.flow;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** A client of one pod that says what it wants in headers. */
final class DoorClient {

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final URI base;
    private final String workspace;

    DoorClient(URI base, String workspace) {
        this.base = base;
        this.workspace = workspace;
    }

    record Answer(int status, HttpHeaders headers, String body) {
        JsonObject json() {
            return new JsonObject(body);
        }

        String code() {
            return json().getString("code");
        }

        String header(String name) {
            return headers.firstValue(name).orElse("");
        }

        List<JsonObject> jobs() {
            return json().getJsonArray("jobs").stream()
                    .map(JsonObject.class::cast)
                    .toList();
        }

        List<String> jobIds() {
            return jobs().stream().map(job -> job.getString("id")).toList();
        }

        UUID job() {
            return UUID.fromString(jobIds().getFirst());
        }

        List<Integer> lineStatuses() {
            return body.lines()
                    .map(JsonObject::new)
                    .map(line -> line.getInteger("status"))
                    .toList();
        }
    }

    /** @param headers names and values in turn */
    Answer post(String path, byte[] body, String... headers) {
        var request = HttpRequest.newBuilder(base.resolve(path))
                .timeout(Duration.ofSeconds(90))
                .header("Millrace-Workspace", workspace)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.build());
    }

    Answer document(JsonObject document, String... headers) {
        return json(document.encode(), headers);
    }

    Answer documents(List<JsonObject> documents, String... headers) {
        return json(new JsonArray(documents).encode(), headers);
    }

    private Answer json(String body, String... headers) {
        var all = new String[headers.length + 2];
        System.arraycopy(headers, 0, all, 2, headers.length);
        all[0] = "Content-Type";
        all[1] = "application/json";
        return post("/v1/documents", body.getBytes(StandardCharsets.UTF_8), all);
    }

    Answer cancel(UUID job) {
        return post("/v1/jobs/" + job + "/cancel", new byte[0]);
    }

    Answer get(String path, String accept) {
        return send(HttpRequest.newBuilder(base.resolve(path))
                .timeout(Duration.ofSeconds(90))
                .header("Millrace-Workspace", workspace)
                .header("Accept", accept)
                .build());
    }

    JsonObject job(UUID id) {
        return get("/v1/jobs/" + id, "application/json").json();
    }

    private static Answer send(HttpRequest request) {
        try {
            var response = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.headers(), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static byte[] gzip(String text) {
        var bytes = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] deflate(String text) {
        var bytes = new ByteArrayOutputStream();
        try (OutputStream deflating = new DeflaterOutputStream(bytes)) {
            deflating.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
