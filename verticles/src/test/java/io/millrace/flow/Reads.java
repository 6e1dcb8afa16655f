package io.millrace.flow;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** A client that reads, follows cursors, and sees headers. */
final class Reads {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();

    private final URI base;
    private final String workspace;

    Reads(URI base, String workspace) {
        this.base = base;
        this.workspace = workspace;
    }

    /** What came back. */
    record Answer(int status, HttpHeaders headers, String body) {
        JsonObject json() {
            return new JsonObject(body);
        }

        String header(String name) {
            return headers.firstValue(name).orElse("");
        }

        String code() {
            return status + " " + json().getString("code");
        }
    }

    Answer get(String path, String... headers) {
        return send("GET", path, null, headers);
    }

    JsonObject json(String path) {
        var answer = get(path);
        if (answer.status() != 200) {
            throw new AssertionError(path + ": " + answer);
        }
        return answer.json();
    }

    Answer post(String path, JsonObject body) {
        return send("POST", path, body.encode(), "Content-Type", "application/json");
    }

    Answer send(String method, String path, @Nullable String body, String... headers) {
        return send(
                method,
                path,
                body,
                HttpResponse.BodyHandlers.ofString(),
                (response, text) -> new Answer(response.statusCode(), response.headers(), text),
                headers);
    }

    /** An answer whose end nobody waits for. */
    HttpResponse<InputStream> open(String path, String... headers) {
        return send(
                "GET", path, null, HttpResponse.BodyHandlers.ofInputStream(), (response, stream) -> response, headers);
    }

    private <B, T> T send(
            String method,
            String path,
            @Nullable String body,
            HttpResponse.BodyHandler<B> handler,
            BiFunction<HttpResponse<B>, B, T> of,
            String... headers) {
        var request = HttpRequest.newBuilder(base.resolve(path))
                .timeout(PATIENCE)
                .header("Millrace-Workspace", workspace)
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            var response = CLIENT.send(request.build(), handler);
            return of.apply(response, response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** All rows of a list, page by page. */
    List<JsonObject> all(String path, String rows) {
        var all = new ArrayList<JsonObject>();
        var next = path;
        while (next != null) {
            var page = json(next);
            objects(page.getJsonArray(rows)).forEach(all::add);
            var cursor = page.getString("next_cursor");
            next = cursor == null ? null : path + (path.contains("?") ? "&" : "?") + "cursor=" + cursor;
        }
        return all;
    }

    static List<JsonObject> objects(JsonArray array) {
        return array.stream().map(JsonObject.class::cast).toList();
    }

    static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
