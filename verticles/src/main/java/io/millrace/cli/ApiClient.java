package io.millrace.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The server as seen over HTTP: requests go out, and what does not come back as asked is a {@link ClientException}. */
final class ApiClient implements AutoCloseable {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    /**
     * From the first byte sent to the last one read. It must outlast a server that answers slowly because it is full, and
     * still notice one that has stopped. The client's own timeout ends with the headers, hence this one.
     */
    private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(2);

    /** Between two lines of a stream. A server that has nothing to say gives a sign of life more often than this. */
    private static final Duration STALL_TIMEOUT = Duration.ofSeconds(75);

    private static final String NDJSON = "application/x-ndjson";

    private final URI server;
    private final String workspace;
    private final InstantSource clock;
    private final HttpClient http;
    private volatile boolean answered;

    /** @param server without a slash at its end; it may have a path, behind which the interface's paths begin */
    ApiClient(URI server, String workspace, InstantSource clock) {
        this.server = server;
        this.workspace = workspace;
        this.clock = clock;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .build();
    }

    URI server() {
        return server;
    }

    String workspace() {
        return workspace;
    }

    /** The JSON at this path, which may carry a query. */
    String get(String path) {
        return send(request(path).header("Accept", "application/json").GET().build(), this::wholeBody);
    }

    /** The JSON that a request without a body brings. */
    String post(String path) {
        return send(
                request(path)
                        .header("Accept", "application/json")
                        .POST(BodyPublishers.noBody())
                        .build(),
                this::wholeBody);
    }

    /** The JSON that a JSON body brings. */
    String post(String path, String json) {
        return send(
                request(path)
                        .header("Accept", "application/json")
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(json))
                        .build(),
                this::wholeBody);
    }

    /**
     * Hands over the lines at this path as they come, until there are no more or the taker wants no more. A body that breaks
     * off throws, so that half of one does not pass for all of it.
     */
    void getLines(String path, Predicate<String> taker) {
        var lines = new LineStream();
        var request = request(path).header("Accept", NDJSON).GET().build();
        var pending = http.sendAsync(request, info -> linesInto(lines, info))
                .whenComplete((response, failure) -> tellEnd(lines, response, failure));
        try {
            for (var line = lines.next(ANSWER_TIMEOUT); line != null; line = lines.next(STALL_TIMEOUT)) {
                if (!taker.test(line)) {
                    return;
                }
            }
        } catch (IOException e) {
            throw e.getCause() instanceof ClientException refused ? refused : unreachable(e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            pending.cancel(true);
        }
    }

    private BodySubscriber<String> linesInto(LineStream lines, ResponseInfo info) {
        answered = true;
        return isSuccess(info.statusCode())
                ? BodySubscribers.fromLineSubscriber(lines, _ -> "", StandardCharsets.UTF_8, null)
                : BodySubscribers.ofString(StandardCharsets.UTF_8);
    }

    private void tellEnd(LineStream lines, @Nullable HttpResponse<String> response, @Nullable Throwable failure) {
        if (failure != null) {
            lines.fail(
                    failure instanceof CompletionException && failure.getCause() != null
                            ? failure.getCause()
                            : failure);
        } else if (response != null && !isSuccess(response.statusCode())) {
            lines.fail(refusal(response));
        }
    }

    private ApiException refusal(HttpResponse<String> response) {
        return ApiException.of(response.statusCode(), response.body(), retryAfter(response.headers()));
    }

    /** Lines that came back, and what ended their coming before its time. */
    record LineAnswer(List<String> lines, @Nullable ClientException broken) {

        LineAnswer {
            lines = List.copyOf(lines);
        }
    }

    /** Posts lines, each with its end. Lines that were answered before the connection broke are kept. */
    LineAnswer postLines(String path, List<byte[]> lines) {
        var request = request(path)
                .header("Content-Type", NDJSON)
                .header("Accept", NDJSON + ", application/json")
                .POST(body(lines))
                .build();
        var received = new LineCollector();
        try {
            send(request, info -> linesOrProblem(info, received));
            return new LineAnswer(received.lines(), null);
        } catch (ClientException e) {
            return new LineAnswer(received.lines(), e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server + path)).header("Millrace-Workspace", workspace);
    }

    private static BodyPublisher body(List<byte[]> lines) {
        var length = lines.stream().mapToLong(line -> line.length).sum();
        return BodyPublishers.fromPublisher(BodyPublishers.ofByteArrays(lines), length);
    }

    private BodySubscriber<String> wholeBody(ResponseInfo info) {
        answered = true;
        return BodySubscribers.ofString(StandardCharsets.UTF_8);
    }

    private BodySubscriber<String> linesOrProblem(ResponseInfo info, LineCollector received) {
        answered = true;
        return isSuccess(info.statusCode())
                ? BodySubscribers.fromLineSubscriber(received, _ -> "", StandardCharsets.UTF_8, null)
                : BodySubscribers.ofString(StandardCharsets.UTF_8);
    }

    private String send(HttpRequest request, BodyHandler<String> handler) {
        var pending = http.sendAsync(request, handler);
        try {
            var response = pending.get(ANSWER_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            if (isSuccess(response.statusCode())) {
                return response.body();
            }
            throw refusal(response);
        } catch (ExecutionException e) {
            throw unreachable(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException _) {
            pending.cancel(true);
            throw unreachable(new IOException("no answer within " + Format.seconds(ANSWER_TIMEOUT)));
        } catch (InterruptedException _) {
            pending.cancel(true);
            Thread.currentThread().interrupt();
            throw unreachable(new IOException("interrupted"));
        }
    }

    private UnreachableException unreachable(Throwable cause) {
        return new UnreachableException(server, answered, cause);
    }

    private static boolean isSuccess(int status) {
        return status >= 200 && status < 300;
    }

    /** Seconds or a date, as RFC 9110 has it; anything else counts as not said. */
    private @Nullable Duration retryAfter(HttpHeaders headers) {
        var value = headers.firstValue("Retry-After").orElse("").strip();
        try {
            return Duration.ofSeconds(Math.max(0, Long.parseLong(value)));
        } catch (NumberFormatException _) {
            return untilDate(value);
        }
    }

    private @Nullable Duration untilDate(String value) {
        try {
            var date = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME);
            var left = Duration.between(clock.instant(), date);
            return left.isNegative() ? Duration.ZERO : left;
        } catch (DateTimeParseException _) {
            return null;
        }
    }
}
