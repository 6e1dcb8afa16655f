package io.millrace.web;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.chunk.ChunkVerticle;
import io.millrace.graph.GraphReader;
import io.millrace.ingest.JobIds;
import io.millrace.stats.StatsReader;
import io.millrace.stream.GroupReader;
import io.millrace.stream.Log;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The door: HTTP on an event loop. Up before the database is, so that a pod can say what it waits for. */
public final class HttpVerticle extends AbstractVerticle {

    /** Where to listen, and what is too much. */
    public record Settings(
            String host,
            int port,
            int maxBodyBytes,
            int maxDocuments,
            Duration idleTimeout,
            long maxLag,
            Reading reading) {}

    /** For those who read: origins of pages that may, and the most live tails. */
    public record Reading(List<String> corsOrigins, int maxTails) {
        public Reading {
            corsOrigins = List.copyOf(corsOrigins);
        }
    }

    private static final int COMPRESS_FROM_BYTES = 1_024;

    private final Settings settings;
    private final Readiness readiness;
    private final Supplier<@Nullable Services> services;
    private final PrometheusMeterRegistry metrics;
    private volatile int actualPort;
    private @Nullable Log log;

    /** @param services null until the pod is up */
    public HttpVerticle(
            Settings settings,
            Readiness readiness,
            Supplier<@Nullable Services> services,
            PrometheusMeterRegistry metrics) {
        this.settings = settings;
        this.readiness = readiness;
        this.services = services;
        this.metrics = metrics;
    }

    /** The port that is listened on, once started. */
    public int actualPort() {
        return actualPort;
    }

    @Override
    public void start(Promise<Void> started) {
        var router = Router.router(vertx);
        ProblemHandler.install(router);
        router.route().handler(new Cors(settings.reading().corsOrigins()));
        new HealthApi(vertx, readiness, () -> up().databaseHealth(), this::stages).mount(router);
        router.get("/metrics").handler(this::metrics);
        router.route("/v1/*").handler(this::requireReady);
        mountDocuments(router);
        mountReaders(router);
        vertx.createHttpServer(options())
                .requestHandler(router)
                .invalidRequestHandler(ProblemHandler::invalidRequest)
                .listen(settings.port(), settings.host())
                .onSuccess(server -> {
                    actualPort = server.actualPort();
                    started.complete();
                })
                .onFailure(started::fail);
    }

    private HttpServerOptions options() {
        return new HttpServerOptions()
                .setIdleTimeout((int) settings.idleTimeout().toMillis())
                .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
                .setHandle100ContinueAutomatically(true)
                .setCompressionSupported(true)
                // Below this, what is saved is less than a packet.
                .setCompressionContentSizeThreshold(COMPRESS_FROM_BYTES);
    }

    private void mountDocuments(Router router) {
        var admission = new Admission(vertx, () -> up().documentsLag(ChunkVerticle.GROUP), settings.maxLag());
        var parser = new DocumentParser(new DocumentLimits(settings.maxDocuments(), settings.maxBodyBytes()));
        var jobIds = new JobIds(InstantSource.system(), new SecureRandom());
        new DocumentsApi(vertx, admission, jobIds, parser, settings.maxBodyBytes()).mount(router);
    }

    private void mountReaders(Router router) {
        new JobsApi(() -> up().database()).mount(router);
        new DocumentVersionsApi(vertx, () -> up().database(), this::log).mount(router);
        new GroupsApi(() -> up().database()).mount(router);
        new StatisticsApi(InstantSource.system(), () -> up().database()).mount(router);
        // Behind the statistics: an entity's id is any word to the router, also "top".
        new GraphApi(
                        () -> new GraphReader(up().database()),
                        () -> new StatsReader(up().database()),
                        () -> new GroupReader(up().database()))
                .mount(router);
        new WalkApi(() -> up().database()).mount(router);
        new TopicsApi(
                        vertx,
                        () -> up().database(),
                        this::log, settings.reading().maxTails(), settings.idleTimeout())
                .mount(router);
        new DeadLettersApi(vertx, () -> up().database(), this::log).mount(router);
    }

    /** None before the pod is up: it can be asked how it is all the same. */
    private Collection<HealthApi.StageHealth> stages() {
        var pod = services.get();
        return pod == null ? List.of() : pod.stages();
    }

    private Services up() {
        var pod = services.get();
        if (pod == null) {
            throw new IllegalStateException("asked for before the pod was up");
        }
        return pod;
    }

    /** Kept, since it remembers topics. */
    private Log log() {
        var known = log;
        if (known == null) {
            known = new Log(up().database());
            log = known;
        }
        return known;
    }

    private void requireReady(RoutingContext context) {
        var reason = readiness.reason();
        if (reason == null) {
            context.next();
        } else {
            ProblemHandler.answer(
                    context,
                    Problem.of(ProblemType.UNAVAILABLE, "Not ready: " + reason + ".")
                            .withRetryAfter(Duration.ofSeconds(1)));
        }
    }

    private void metrics(RoutingContext context) {
        context.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
                .end(metrics.scrape());
    }
}
