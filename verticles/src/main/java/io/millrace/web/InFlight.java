package io.millrace.web;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The requests under way, so that a pod stops when the last of them was answered. Of the door's event loop.
 *
 * <p>It hears of their end by the context. A handler of its own on the response would take that away, so those who want to hear
 * of it as well also ask the context.
 */
final class InFlight implements Handler<RoutingContext> {

    private static final String KEY = "millrace.in-flight";

    private final IdentityHashMap<RoutingContext, Runnable> open = new IdentityHashMap<>();
    private @Nullable Promise<Void> drained;

    @Override
    public void handle(RoutingContext context) {
        open.put(context, InFlight::justWait);
        context.put(KEY, this);
        context.addHeadersEndHandler(head -> {
            if (drained != null) {
                // The client's next request is for another pod.
                context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            }
        });
        context.addEndHandler(done -> ended(context));
        context.next();
    }

    private static void justWait() {}

    /** What brings an answer to its end that otherwise takes as long as its client likes. */
    static void onStop(RoutingContext context, Runnable end) {
        of(context).open.replace(context, end);
    }

    /** The answer is a stream without an end: a stop does not wait for it. */
    static void forget(RoutingContext context) {
        of(context).ended(context);
    }

    private static InFlight of(RoutingContext context) {
        return context.get(KEY);
    }

    private void ended(RoutingContext context) {
        open.remove(context);
        if (drained != null && open.isEmpty()) {
            drained.tryComplete();
        }
    }

    /** Ends what can be ended; completes when all have been answered, of which there must be no new ones from now on. */
    Future<Void> drain() {
        var last = Promise.<Void>promise();
        drained = last;
        List.copyOf(open.values()).forEach(Runnable::run);
        if (open.isEmpty()) {
            last.tryComplete();
        }
        return last.future();
    }
}
