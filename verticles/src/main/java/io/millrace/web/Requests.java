package io.millrace.web;

import io.millrace.MillraceException.InvalidParameter;
import io.millrace.MillraceException.OutcomeUnknown;
import io.millrace.MillraceException.Unavailable;
import io.millrace.pg.DatabaseFailure;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a request says in its path, query and headers, checked. */
final class Requests {

    static final String WORKSPACE_HEADER = "Millrace-Workspace";
    static final String DEFAULT_WORKSPACE = "default";

    /** Where a request keeps its parameters once they were parsed. */
    private static final String QUERY = "millrace.query";

    private static final Pattern WORKSPACE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    static final String IDEMPOTENCY_KEY_HEADER = "Idempotency-Key";

    private static final Pattern IDEMPOTENCY_KEY = Pattern.compile("[\\x21-\\x7e]{1,255}");

    private Requests() {}

    static String workspace(RoutingContext context) {
        var workspaces = context.request().headers().getAll(WORKSPACE_HEADER);
        if (workspaces.isEmpty()) {
            return DEFAULT_WORKSPACE;
        }
        if (workspaces.size() > 1 || !WORKSPACE.matcher(workspaces.getFirst()).matches()) {
            throw new InvalidParameter(
                    WORKSPACE_HEADER,
                    "One workspace, which has 1 to 64 letters, digits, dots, dashes and underscores, the first a letter or digit.");
        }
        return workspaces.getFirst();
    }

    /** The key under which this request may be sent again; null without one. */
    static @Nullable String idempotencyKey(RoutingContext context) {
        var keys = context.request().headers().getAll(IDEMPOTENCY_KEY_HEADER);
        if (keys.isEmpty()) {
            return null;
        }
        if (keys.size() > 1 || !IDEMPOTENCY_KEY.matcher(keys.getFirst()).matches()) {
            throw new InvalidParameter(
                    IDEMPOTENCY_KEY_HEADER, "One key of 1 to 255 visible ASCII characters, such as a UUID.");
        }
        return keys.getFirst();
    }

    /** The announced length of the body; -1 when it is not announced. What is no number never comes so far. */
    static long contentLength(HttpServerRequest request) {
        var length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length == null ? -1 : Long.parseLong(length);
    }

    /** Tells a client that waits with its body that it may come. */
    static void expectBody(HttpServerRequest request) {
        if (request.headers().contains(HttpHeaders.EXPECT)) {
            request.response().writeContinue();
        }
    }

    /** Refuses query parameters that a route does not know, since a typing error would silently change the answer. */
    static void onlyKnows(RoutingContext context, String... parameters) {
        var known = Set.of(parameters);
        for (var name : query(context).keySet()) {
            if (!known.contains(name)) {
                throw new InvalidParameter(
                        name,
                        known.isEmpty()
                                ? "This route takes no query parameters."
                                : "This route takes " + String.join(", ", parameters) + ".");
            }
        }
    }

    static UUID uuid(String name, @Nullable String text) {
        try {
            if (text != null && text.length() == 36) {
                return UUID.fromString(text);
            }
        } catch (IllegalArgumentException e) {
            // Said below, for both cases.
        }
        throw new InvalidParameter(name, "A UUID has the form 123e4567-e89b-12d3-a456-426614174000.");
    }

    static List<UUID> uuids(RoutingContext context, String name, int max) {
        var text = text(context, name);
        if (text == null) {
            throw new InvalidParameter(name, "Give the ids, with commas between them.");
        }
        var ids = Arrays.stream(text.split(",", -1))
                .map(id -> uuid(name, id.strip()))
                .distinct()
                .toList();
        if (ids.size() > max) {
            throw new InvalidParameter(name, "At most " + max + " ids a request.");
        }
        return ids;
    }

    static int limit(RoutingContext context, int preset, int max) {
        var text = text(context, "limit");
        if (text == null) {
            return preset;
        }
        try {
            var limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= max) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // Said below, for both cases.
        }
        throw new InvalidParameter("limit", "A limit is a whole number from 1 to " + max + ".");
    }

    /** A query parameter that is one of a few words; null when it is not there. */
    static @Nullable String oneOf(RoutingContext context, String name, List<String> words) {
        var text = text(context, name);
        if (text != null && !words.contains(text)) {
            throw new InvalidParameter(name, "It is one of " + String.join(", ", words) + ".");
        }
        return text;
    }

    /** A query parameter that is a whole number; null when it is not there. */
    static @Nullable Long number(RoutingContext context, String name, long min, long max) {
        var text = text(context, name);
        if (text == null) {
            return null;
        }
        try {
            var number = Long.parseLong(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below, for both cases.
        }
        throw new InvalidParameter(
                name,
                max == Long.MAX_VALUE
                        ? "It is a whole number from " + min + " on."
                        : "It is a whole number from " + min + " to " + max + ".");
    }

    /** A query parameter that is true or false. */
    static boolean flag(RoutingContext context, String name, boolean preset) {
        var text = oneOf(context, name, List.of("true", "false"));
        return text == null ? preset : text.equals("true");
    }

    /** A query parameter; null when it is not there. What cannot be stored cannot be looked for either. */
    static @Nullable String text(RoutingContext context, String name) {
        var values = query(context).getOrDefault(name, List.of());
        if (values.isEmpty()) {
            return null;
        }
        if (values.size() > 1) {
            throw new InvalidParameter(name, "Give it once.");
        }
        var text = values.getFirst();
        if (text.indexOf(0) >= 0) {
            throw new InvalidParameter(name, "It holds a NUL character, which no text here has.");
        }
        return text;
    }

    /** Parameters by name. The library's own would take a semicolon for the end of a value, which RFC 3986 does not know. */
    private static Map<String, List<String>> query(RoutingContext context) {
        Map<String, List<String>> known = context.get(QUERY);
        if (known == null) {
            known = QueryStringDecoder.builder()
                    .semicolonIsNormalChar(true)
                    .build(context.request().uri())
                    .parameters();
            context.put(QUERY, known);
        }
        return known;
    }

    /** Answers with what a read gives; a database that is away is a 503. */
    static <T> void answer(RoutingContext context, Future<T> read, Consumer<T> answer) {
        read.onComplete(done -> {
            if (done.failed()) {
                context.fail(failure(done.cause()));
                return;
            }
            try {
                answer.accept(done.result());
            } catch (RuntimeException e) {
                context.fail(e);
            }
        });
    }

    /** Answers with what a write gives; where the database's answer did not come, that is said instead of a 503. */
    static <T> void answerToWrite(RoutingContext context, Future<T> write, Consumer<T> answer) {
        answer(
                context,
                write.recover(thrown -> Future.failedFuture(
                        thrown instanceof DatabaseFailure failure && failure.kind() == DatabaseFailure.Kind.UNKNOWN
                                ? new OutcomeUnknown(
                                        "The database did not answer in time. Read what became of it, or ask again: it happens once.",
                                        failure)
                                : thrown)),
                answer);
    }

    private static Throwable failure(Throwable thrown) {
        return thrown instanceof DatabaseFailure failure && failure.kind() != DatabaseFailure.Kind.REFUSED
                ? new Unavailable("The database does not answer right now.", Duration.ofSeconds(1), failure)
                : thrown;
    }
}
