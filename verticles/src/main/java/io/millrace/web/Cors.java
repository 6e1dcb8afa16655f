package io.millrace.web;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Set;

/**
 * What pages of other origins may do in a browser: by default nothing; those of the configured origins, everything.
 *
 * <p>Browsers ask before most requests, but not before a plain POST, whose effect does not wait for an answer that the page
 * may not read. So what would change something and comes from an origin that is neither ours nor configured is refused.
 */
final class Cors implements Handler<RoutingContext> {

    private static final String ANY = "*";
    private static final Set<HttpMethod> SAFE = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);
    private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
    private static final String HEADERS =
            "Content-Type, Content-Encoding, Accept, If-None-Match, Idempotency-Key, Last-Event-ID, Prefer, Authorization, "
                    + Requests.WORKSPACE_HEADER;
    private static final String EXPOSED = "ETag, Location, Retry-After, Preference-Applied, Idempotency-Replayed";
    private static final String AN_HOUR = "3600";

    private final List<String> origins;

    /** @param origins as browsers write them, such as {@code https://dashboard.example.org}; or {@code *} */
    Cors(List<String> origins) {
        this.origins = List.copyOf(origins);
    }

    @Override
    public void handle(RoutingContext context) {
        var request = context.request();
        var origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin != null && isAllowed(origin)) {
            allow(context, origin);
        } else if (origin != null && !SAFE.contains(request.method()) && !isOurs(origin, request)) {
            ProblemHandler.answer(
                    context,
                    Problem.of(
                            ProblemType.FORBIDDEN_ORIGIN,
                            "A page of another origin asks for this, and http.cors-origins does not name it."));
        } else {
            context.next();
        }
    }

    /** Whether a page that asks for more than an answer, such as a WebSocket, may have it; who is no page may. */
    boolean permits(HttpServerRequest request) {
        var origin = request.getHeader(HttpHeaders.ORIGIN);
        return origin == null || isAllowed(origin) || isOurs(origin, request);
    }

    private boolean isAllowed(String origin) {
        return origins.contains(ANY) || origins.contains(origin);
    }

    /** The scheme does not count: a proxy before us may have taken TLS off. */
    private static boolean isOurs(String origin, HttpServerRequest request) {
        var host = request.getHeader(HttpHeaders.HOST);
        var scheme = origin.indexOf("://");
        return host != null && scheme >= 0 && origin.substring(scheme + 3).equalsIgnoreCase(host);
    }

    private static void allow(RoutingContext context, String origin) {
        var response = context.response();
        response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.putHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        response.headers().add(HttpHeaders.VARY, "origin");
        if (context.request().method().equals(HttpMethod.OPTIONS)
                && context.request().headers().contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD)) {
            response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS)
                    .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, HEADERS)
                    .putHeader(HttpHeaders.ACCESS_CONTROL_MAX_AGE, AN_HOUR)
                    .setStatusCode(204)
                    .end();
        } else {
            context.next();
        }
    }
}
