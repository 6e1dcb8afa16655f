package io.millrace.faults;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** Posts documents to a pod, and tells from its answers what is stored. */
final class IngestClient implements AutoCloseable {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();

    /**
     * Posts one document, or an array of them.
     *
     * @param headers names and values, by turns
     */
    HttpResponse<String> post(URI pod, String json, Duration timeout, String... headers)
            throws IOException, InterruptedException {
        var request = request(pod, "application/json", json, timeout);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Posts a stream of documents, whose answer can be read while it comes. */
    HttpResponse<InputStream> stream(URI pod, List<JsonObject> documents, Duration timeout)
            throws IOException, InterruptedException {
        var lines = String.join("\n", documents.stream().map(JsonObject::encode).toList());
        var request = request(pod, "application/x-ndjson", lines, timeout);
        return http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    }

    private static HttpRequest.Builder request(URI pod, String contentType, String body, Duration timeout) {
        return HttpRequest.newBuilder(pod.resolve("/v1/documents"))
                .timeout(timeout)
                .header("Content-Type", contentType)
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    static String array(List<JsonObject> documents) {
        return new JsonArray(documents).encode();
    }

    /** The jobs of what was accepted, in the order of the documents. */
    static List<UUID> jobs(HttpResponse<String> accepted) {
        return new JsonObject(accepted.body())
                .getJsonArray("jobs").stream()
                        .map(job -> UUID.fromString(((JsonObject) job).getString("id")))
                        .toList();
    }

    /** Whether an answer of this status says that nothing is there; if not, nobody knows. */
    static boolean saysNothingStored(int status) {
        return (status >= 400 && status < 500) || status == 503;
    }

    /** Whether a request that ended with this was never sent, since there was no connection. */
    static boolean neverSent(Exception thrown) {
        return thrown instanceof ConnectException || thrown instanceof HttpConnectTimeoutException;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
