package io.millrace.web;

import io.millrace.MillraceException.Overloaded;
import io.millrace.graph.GraphExport;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * {@code GET /v1/graph/export}: the whole graph of a workspace as NDJSON, in one snapshot. Each export holds a connection and
 * an old snapshot, which keeps PostgreSQL from cleaning up, hence the bounds.
 */
final class GraphExportApi {

    private static final int AT_ONCE_MAX = 2;

    private final Vertx vertx;
    private final Supplier<GraphExport> graph;
    private int running;

    GraphExportApi(Vertx vertx, Supplier<GraphExport> graph) {
        this.vertx = vertx;
        this.graph = graph;
    }

    void mount(Router router) {
        router.get("/v1/graph/export").handler(this::export);
    }

    private void export(RoutingContext context) {
        Requests.onlyKnows(context);
        var workspace = Requests.workspace(context);
        if (running == AT_ONCE_MAX) {
            throw new Overloaded(AT_ONCE_MAX + " exports are under way already.", Duration.ofSeconds(5));
        }
        running++;
        var stream = new GraphExportStream(vertx, context);
        graph.get().walk(workspace, stream).onComplete(done -> {
            running--;
            if (done.succeeded()) {
                stream.end();
            } else {
                stream.fail(context, done.cause());
            }
        });
    }
}
