package io.millrace.web;

import io.millrace.MillraceException.Gone;
import io.millrace.MillraceException.InvalidParameter;
import io.millrace.MillraceException.Overloaded;
import io.millrace.events.EventFeed;
import io.millrace.events.EventFilter;
import io.millrace.events.EventKind;
import io.millrace.stream.Extent;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code /v1/events} and {@code /v1/events/ws}: what happens, as it happens, without a hole over pods and breaks. */
final class EventsApi {

    private static final String LAST_EVENT_ID = "Last-Event-ID";
    private static final String EARLIEST = "earliest";
    private static final Pattern ID = Pattern.compile("-1|\\d{1,18}");
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    /** Clients come back after a break at different times, or the next pod would have them all at once. */
    private static final int MIN_RETRY_MILLIS = 500;

    private static final int MAX_RETRY_MILLIS = 2_500;

    private final EventFeed feed;
    private final Cors cors;
    private final HttpVerticle.EventSettings settings;

    EventsApi(EventFeed feed, Cors cors, HttpVerticle.EventSettings settings) {
        this.feed = feed;
        this.cors = cors;
        this.settings = settings;
    }

    void mount(Router router) {
        router.get("/v1/events").produces(EventStreamConnection.MEDIA_TYPE).handler(this::stream);
        router.get("/v1/events/ws").handler(this::socket);
    }

    private void stream(RoutingContext context) {
        var filter = filter(context);
        begin(context, start -> {
            var response = context.response();
            if (response.closed()) {
                return;
            }
            var retry = ThreadLocalRandom.current().nextInt(MIN_RETRY_MILLIS, MAX_RETRY_MILLIS);
            var connection = EventStreamConnection.begin(response, start.position() - 1, retry);
            var listener = feed.join(filter, start.position(), start.end(), connection, settings.patience());
            response.drainHandler(drained -> listener.pump());
            response.exceptionHandler(broken -> listener.leave());
            response.closeHandler(closed -> listener.leave());
        });
    }

    private void socket(RoutingContext context) {
        var filter = filter(context);
        var request = context.request();
        var refusal = refusal(request);
        if (refusal != null) {
            request.response().putHeader(HttpHeaders.UPGRADE, "websocket");
            ProblemHandler.answer(context, refusal);
            return;
        }
        // Its end must not pass before the upgrade has a handler for it.
        request.pause();
        begin(
                context,
                start -> request.toWebSocket()
                        .onSuccess(socket -> {
                            var connection = EventSocketConnection.begin(socket, start.position() - 1);
                            var listener =
                                    feed.join(filter, start.position(), start.end(), connection, settings.patience());
                            socket.drainHandler(drained -> listener.pump());
                            socket.exceptionHandler(broken -> listener.leave());
                            socket.closeHandler(closed -> listener.leave());
                        })
                        .onFailure(context::fail));
    }

    /** Pages of other sites may open sockets to here: the browser says whose page it is, and leaves the rest to us. */
    private @Nullable Problem refusal(HttpServerRequest request) {
        if (!"websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE))) {
            return Problem.of(
                    ProblemType.UPGRADE_REQUIRED,
                    "This is a WebSocket; /v1/events has the same as server-sent events.");
        }
        return cors.permits(request)
                ? null
                : Problem.of(
                        ProblemType.FORBIDDEN_ORIGIN,
                        "A page of another origin opens this WebSocket, and http.cors-origins does not name it.");
    }

    private static EventFilter filter(RoutingContext context) {
        Requests.onlyKnows(context, "after", "kinds");
        return new EventFilter(Requests.workspace(context), kinds(Requests.text(context, "kinds")));
    }

    private static Set<EventKind> kinds(@Nullable String text) {
        var kinds = EnumSet.noneOf(EventKind.class);
        if (text != null) {
            for (var name : text.split(",", -1)) {
                var named = EventKind.named(name.strip());
                if (named.isEmpty()) {
                    throw new InvalidParameter(
                            "kinds",
                            "Kinds, with commas between them, are "
                                    + Stream.of(EventKind.values())
                                            .map(EventKind::label)
                                            .collect(Collectors.joining(", "))
                                    + "; the part before the dot stands for all of a family.");
                }
                kinds.addAll(named);
            }
        }
        return kinds;
    }

    /** Where a connection begins, and where the topic ended then. */
    private record Start(long position, long end) {}

    private void begin(RoutingContext context, Consumer<Start> begin) {
        var after = after(context);
        Requests.answer(context, feed.extent(), extent -> {
            if (feed.listeners() >= settings.maxClients()) {
                throw new Overloaded(
                        "This pod serves " + settings.maxClients() + " clients of events already.", RETRY_AFTER);
            }
            InFlight.forget(context);
            begin.accept(new Start(position(after, extent), extent.end()));
        });
    }

    /** The header wins: on a reconnection, a browser sends it beside the address that it was first given. */
    private static @Nullable String after(RoutingContext context) {
        var header = context.request().getHeader(LAST_EVENT_ID);
        var parameter = Requests.text(context, "after");
        if (header != null && !header.isEmpty()) {
            return checked(LAST_EVENT_ID, header);
        }
        return parameter == null || parameter.equals(EARLIEST) ? parameter : checked("after", parameter);
    }

    private static String checked(String name, String id) {
        if (!ID.matcher(id).matches()) {
            throw new InvalidParameter(name, "Give the id of the last event that you have, a whole number.");
        }
        return id;
    }

    private static long position(@Nullable String after, Extent extent) {
        if (after == null) {
            return extent.end();
        }
        if (after.equals(EARLIEST)) {
            return extent.begin();
        }
        var position = Long.parseLong(after) + 1;
        if (position < extent.begin()) {
            throw new Gone(
                    "Events behind %s are not kept any more; the first one kept is %d."
                            .formatted(after, extent.begin()),
                    Map.of("begin", extent.begin(), "end", extent.end()));
        }
        if (position > extent.end()) {
            throw new Gone(
                    "There is no event %s; the last one is %d. The id comes from another database, or from one that was restored."
                            .formatted(after, extent.end() - 1),
                    Map.of("begin", extent.begin(), "end", extent.end()));
        }
        return position;
    }
}
