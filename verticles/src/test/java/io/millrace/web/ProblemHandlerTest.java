package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.MillraceException;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ProblemHandlerTest {

    private static final Vertx VERTX = Vertx.vertx();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    /** All of them: Vert.x must not log a failure once more. */
    private static final Logger LOG = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);

    private static HttpServer server;

    private final ListAppender<ILoggingEvent> logged = new ListAppender<>() {
        @Override
        protected void append(ILoggingEvent event) {
            // A machine that stalls is no failure of a request.
            if (!event.getLoggerName().endsWith("BlockedThreadChecker")) {
                super.append(event);
            }
        }
    };
    private final List<Appender<ILoggingEvent>> others = new ArrayList<>();
    private final Level level = LOG.getLevel();

    private static DeliveryOptions patience(String address) {
        return new DeliveryOptions().setSendTimeout(address.equals("silent") ? 50 : 30_000);
    }

    @BeforeAll
    static void serve() throws Exception {
        Router router = Router.router(VERTX);
        router.get("/fail/:how").handler(context -> context.fail(failure(context.pathParam("how"))));
        router.get("/throw").handler(context -> {
            throw new IllegalStateException("secret");
        });
        router.get("/status/:code").handler(context -> context.fail(Integer.parseInt(context.pathParam("code"))));
        router.get("/half").handler(context -> {
            context.response().setChunked(true).write("first");
            context.fail(new IllegalStateException("secret"));
        });
        router.get("/bus/:address")
                .handler(context -> VERTX.eventBus()
                        .request(context.pathParam("address"), "x", patience(context.pathParam("address")))
                        .onFailure(context::fail));
        router.get("/items/:id").handler(context -> context.end("item"));
        router.put("/items/:id").handler(context -> context.end("item"));
        router.post("/items").handler(BodyHandler.create().setBodyLimit(10)).handler(context -> context.end("ok"));
        router.post("/json").consumes("application/json").handler(context -> context.end("ok"));
        ProblemHandler.install(router);
        VERTX.eventBus().consumer("silent", message -> {});
        VERTX.eventBus().consumer("failing", message -> message.fail(1, "secret"));
        server = VERTX.createHttpServer(
                        new HttpServerOptions().setMaxInitialLineLength(200).setMaxHeaderSize(1_000))
                .requestHandler(router)
                .invalidRequestHandler(ProblemHandler::invalidRequest)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    private static Throwable failure(String how) {
        return switch (how) {
            case "parameter" -> new MillraceException.InvalidParameter("limit", "It has to be a number.");
            case "missing" -> new MillraceException.NotFound("job", "7");
            case "conflict" -> new MillraceException.Conflict("It is done.", Map.of("status", "completed"));
            case "overloaded" -> new MillraceException.Overloaded("Too much.", Duration.ofMillis(2_500));
            case "unavailable" ->
                new MillraceException.Unavailable("No database.", Duration.ofSeconds(5), new IOException("secret"));
            case "unknown" -> new MillraceException.OutcomeUnknown("No answer.", new IOException("secret"));
            default -> new IllegalStateException("secret");
        };
    }

    @AfterAll
    static void stop() throws Exception {
        VERTX.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @BeforeEach
    void listen() {
        LOG.setLevel(Level.WARN);
        LOG.iteratorForAppenders().forEachRemaining(others::add);
        others.forEach(LOG::detachAppender);
        logged.start();
        LOG.addAppender(logged);
    }

    @AfterEach
    void stopListening() {
        LOG.detachAppender(logged);
        others.forEach(LOG::addAppender);
        LOG.setLevel(level);
    }

    @Test
    void aRefusalSaysItsCodeDetailAndContext() throws Exception {
        assertThat(context(problem(get("/fail/parameter"), 400, "invalid_parameter")))
                .containsExactly(Map.entry("parameter", "limit"));
        JsonObject missing = problem(get("/fail/missing"), 404, "not_found");
        assertThat(missing.getString("detail")).isEqualTo("There is no job with this id.");
        assertThat(context(missing)).containsOnly(Map.entry("resource", "job"), Map.entry("id", "7"));
        assertThat(context(problem(get("/fail/conflict"), 409, "conflict")))
                .containsExactly(Map.entry("status", "completed"));
        assertThat(logged.list).isEmpty();
    }

    @Test
    void aRefusalForNowSaysWhenToComeBack() throws Exception {
        var overloaded = get("/fail/overloaded");
        problem(overloaded, 429, "overloaded");
        assertThat(overloaded.headers().firstValue("Retry-After")).contains("3");
        var unavailable = get("/fail/unavailable");
        problem(unavailable, 503, "unavailable");
        assertThat(unavailable.headers().firstValue("Retry-After")).contains("5");
        var byStatus = get("/status/503");
        problem(byStatus, 503, "unavailable");
        assertThat(byStatus.headers().firstValue("Retry-After")).contains("1");
    }

    @Test
    void theUnforeseenIsLoggedOnceUnderTheIdThatTheCallerGets() throws Exception {
        for (String path : List.of("/fail/else", "/throw", "/bus/failing", "/status/500")) {
            logged.list.clear();
            var response = get(path);
            String instance = problem(response, 500, "internal_error").getString("instance");
            assertThat(response.body()).doesNotContain("secret");
            assertThat(logged.list).hasSize(1);
            assertThat(logged.list.getFirst().getFormattedMessage()).contains(instance);
        }
    }

    @Test
    void causesStayInTheLog() throws Exception {
        for (String path : List.of("/fail/unavailable", "/fail/unknown")) {
            logged.list.clear();
            assertThat(get(path).body()).doesNotContain("secret");
            assertThat(logged.list).hasSize(1);
            assertThat(logged.list.getFirst().getFormattedMessage()).contains("secret");
        }
    }

    @Test
    void aStageThatIsNotThereIsUnavailableAndOneThatIsSilentUnknown() throws Exception {
        problem(get("/bus/nobody"), 503, "unavailable");
        problem(get("/bus/silent"), 504, "outcome_unknown");
    }

    @Test
    void anUnknownPathIsNotFound() throws Exception {
        problem(get("/nowhere"), 404, "not_found");
        problem(get("/items/1/2"), 404, "not_found");
    }

    @Test
    void aWrongMethodIsToldTheRightOnes() throws Exception {
        var response = send("DELETE", "/items/1", "");
        problem(response, 405, "method_not_allowed");
        assertThat(response.headers().firstValue("Allow")).contains("GET, PUT");
        assertThat(send("GET", "/items", "").headers().firstValue("Allow")).contains("POST");
    }

    @Test
    void allowedMethodsFollowTheRoutes() {
        Router router = Router.router(VERTX);
        router.get("/a/:x/c").handler(RoutingContext::next);
        router.post("/a/b/c/").handler(RoutingContext::next);
        router.delete("/a/*").handler(RoutingContext::next);
        router.route("/a/b/c").handler(RoutingContext::next);
        router.routeWithRegex(HttpMethod.PATCH, "/a.*").handler(RoutingContext::next);
        assertThat(AllowedMethods.of(router, "/a/b/c")).isEqualTo("DELETE, GET, POST");
        assertThat(AllowedMethods.of(router, "/a/b/c/")).isEqualTo("DELETE, GET, POST");
        assertThat(AllowedMethods.of(router, "/a/x/c")).isEqualTo("DELETE, GET");
        assertThat(AllowedMethods.of(router, "/a/b")).isEqualTo("DELETE");
        assertThat(AllowedMethods.of(router, "/b")).isEmpty();
    }

    @Test
    void aBodyOverTheLimitIsTooLarge() throws Exception {
        problem(send("POST", "/items", "x".repeat(11)), 413, "body_too_large");
        problem(
                raw(
                        "POST /items HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n"),
                413);
    }

    @Test
    void aForeignMediaTypeIsUnsupported() throws Exception {
        problem(send("POST", "/json", "<x/>"), 415, "unsupported_media_type");
    }

    @Test
    void whatIsNoHttpIsABadRequest() throws Exception {
        problem(raw("nonsense\r\n\r\n"), 400);
        problem(raw("GET / HTTP/1.1\r\n\r\n"), 400);
        problem(raw("GET /items/%zz HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
        problem(raw("GET /" + "u".repeat(300) + " HTTP/1.1\r\nHost: x\r\n\r\n"), 414);
        problem(raw("GET / HTTP/1.1\r\nHost: x\r\nA: " + "h".repeat(2_000) + "\r\n\r\n"), 431);
    }

    @Test
    void anAnswerThatHasBegunIsBrokenOffAndLoggedOnce() {
        for (HttpClient.Version version : HttpClient.Version.values()) {
            logged.list.clear();
            var request = HttpRequest.newBuilder(uri("/half")).version(version).build();
            assertThatThrownBy(() -> CLIENT.send(request, HttpResponse.BodyHandlers.ofString()))
                    .isInstanceOf(IOException.class);
            assertThat(logged.list).as(version.toString()).hasSize(1);
        }
    }

    private static Map<String, Object> context(JsonObject problem) {
        return problem.getJsonObject("context").getMap();
    }

    private static JsonObject problem(HttpResponse<String> response, int status, String code) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(response.headers().firstValue("Cache-Control")).contains("no-store");
        JsonObject problem = new JsonObject(response.body());
        assertThat(problem.getString("code")).isEqualTo(code);
        assertThat(problem.getString("type")).isEqualTo("/problems/" + code);
        assertThat(problem.getInteger("status")).isEqualTo(status);
        return problem;
    }

    private static void problem(String answer, int status) {
        assertThat(answer).containsPattern("^HTTP/1\\.[01] " + status + " ").contains("application/problem+json");
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return send("GET", path, "");
    }

    private static HttpResponse<String> send(String method, String path, String body) throws Exception {
        var request = HttpRequest.newBuilder(uri(path))
                .timeout(Duration.ofSeconds(10))
                .header("Content-Type", "text/xml")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.actualPort() + path);
    }

    /** The beginning of the answer to bytes that no client library would send. */
    private static String raw(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.actualPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readNBytes(200), StandardCharsets.UTF_8);
        }
    }
}
