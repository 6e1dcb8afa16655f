package io.millrace.web;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.millrace.MillraceException.Unavailable;
import io.millrace.graph.GraphExport;
import io.millrace.graph.GraphExport.ExportedEntity;
import io.millrace.graph.GraphExport.ExportedRelationship;
import io.millrace.pg.DatabaseFailure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An export on its way to its client: a line an entity, a line a relationship, and a last line with the counts, without
 * which an export is not whole. A page is written when the client has taken the one before; one who takes nothing for a
 * while, or is not done after a long one, is cut off.
 */
final class GraphExportStream implements GraphExport.Sink {

    private static final Logger LOG = LoggerFactory.getLogger(GraphExportStream.class);
    private static final String NDJSON = "application/x-ndjson";

    /** Less than the transaction may idle. */
    private static final Duration STALL_MAX = Duration.ofSeconds(60);

    private static final Duration DURATION_MAX = Duration.ofHours(1);

    private final Vertx vertx;
    private final HttpServerResponse response;
    private final long startNanos = System.nanoTime();
    private long entities;
    private long relationships;
    private boolean gone;

    GraphExportStream(Vertx vertx, RoutingContext context) {
        this.vertx = vertx;
        this.response = context.response();
        context.addEndHandler(ended -> gone = true);
    }

    private record EntityLine(String kind, @JsonUnwrapped ExportedEntity entity) {}

    private record RelationshipLine(
            String kind, @JsonUnwrapped ExportedRelationship relationship) {}

    private record EndLine(String kind, long entities, long relationships) {}

    @Override
    public Future<Void> entities(List<ExportedEntity> page) {
        var lines = Buffer.buffer();
        page.forEach(entity -> append(lines, new EntityLine("entity", entity)));
        entities += page.size();
        return write(lines);
    }

    @Override
    public Future<Void> relationships(List<ExportedRelationship> page) {
        var lines = Buffer.buffer();
        page.forEach(relationship -> append(lines, new RelationshipLine("relationship", relationship)));
        relationships += page.size();
        return write(lines);
    }

    private static void append(Buffer lines, Object line) {
        lines.appendBuffer(Json.bytes(line)).appendString("\n");
    }

    private Future<Void> write(Buffer lines) {
        if (gone) {
            return Future.failedFuture("the client has gone");
        }
        if (System.nanoTime() - startNanos > DURATION_MAX.toNanos()) {
            return Future.failedFuture("it took longer than " + DURATION_MAX);
        }
        begin();
        var written = response.write(lines);
        return response.writeQueueFull() ? taken(written) : Future.succeededFuture();
    }

    private void begin() {
        if (!response.headWritten()) {
            response.setChunked(true)
                    .putHeader(HttpHeaders.CONTENT_TYPE, NDJSON)
                    .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        }
    }

    /** Completes when the client has taken what was written. */
    private Future<Void> taken(Future<Void> written) {
        var done = Promise.<Void>promise();
        var timer =
                vertx.setTimer(STALL_MAX.toMillis(), fired -> done.tryFail("the client took nothing for " + STALL_MAX));
        written.onComplete(result -> {
            vertx.cancelTimer(timer);
            if (result.succeeded()) {
                done.tryComplete();
            } else {
                done.tryFail(result.cause());
            }
        });
        return done.future();
    }

    void end() {
        if (!gone) {
            begin();
            response.end(Json.bytes(new EndLine("end", entities, relationships)).appendString("\n"));
        }
    }

    /** Before the first line it can still be told; behind it, only be broken off, so that nobody takes it for whole. */
    void fail(RoutingContext context, Throwable thrown) {
        if (gone || response.ended()) {
            LOG.debug("an export ended early: {}", thrown.toString());
        } else if (response.headWritten()) {
            LOG.warn("an export was broken off: {}", thrown.toString());
            response.reset();
        } else {
            context.fail(
                    thrown instanceof DatabaseFailure failure && failure.kind() != DatabaseFailure.Kind.REFUSED
                            ? new Unavailable("The database does not answer right now.", Duration.ofSeconds(1), failure)
                            : thrown);
        }
    }
}
