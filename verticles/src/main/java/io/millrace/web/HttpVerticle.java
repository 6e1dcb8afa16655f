package io.millrace.web;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.events.EventFeed;
import io.millrace.events.EventListener;
import io.millrace.graph.GraphExport;
import io.millrace.graph.GraphReader;
import io.millrace.ingest.JobIds;
import io.millrace.jobs.JobStore;
import io.millrace.stats.StatsReader;
import io.millrace.stream.GroupReader;
import io.millrace.stream.Log;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
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
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The door: HTTP on an event loop. Up before the database is, so that a pod can say what it waits for. */
public final class HttpVerticle extends AbstractVerticle {

    /** Where to listen, and what is too much. */
    public record Settings(
            String host,
            int port,
            int maxBodyBytes,
            int maxDocuments,
            ClientLimits limits,
            AdmissionLimits admission,
            Reading reading,
            EventSettings events) {}

    /** For those who read: origins of pages that may, and the most live tails. */
    public record Reading(List<String> corsOrigins, int maxTails) {
        public Reading {
            corsOrigins = List.copyOf(corsOrigins);
        }
    }

    /**
     * Streams of events.
     *
     * @param maxClients connections for them; past these clients are refused
     */
    public record EventSettings(int maxClients, EventListener.Patience patience) {}

    private static final Pattern PARAMETER = Pattern.compile(":(\\w+)");
    /** Below this, what compression saves is less than a packet. */
    private static final int COMPRESS_FROM_BYTES = 1_024;

    private final Settings settings;
    private final Readiness readiness;
    private final Supplier<@Nullable Services> services;
    private final PrometheusMeterRegistry metrics;
    private final InFlight inFlight = new InFlight();
    private volatile int actualPort;
    private @Nullable Router router;
    private @Nullable EventFeed events;
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

    /** Every route, as its method and its path with {@code {parameters}}: what the OpenAPI document has to tell of. */
    public List<String> routes() {
        return requireNonNull(router, "not started").getRoutes().stream()
                .filter(route -> route.getPath() != null && route.methods() != null)
                .flatMap(route -> route.methods().stream()
                        .map(method -> method + " "
                                + PARAMETER.matcher(route.getPath()).replaceAll("{$1}")))
                .distinct()
                .toList();
    }

    @Override
    public void start(Promise<Void> started) {
        var router = Router.router(vertx);
        this.router = router;
        ProblemHandler.install(router);
        router.route().handler(RequestTarget::check);
        var cors = new Cors(settings.reading().corsOrigins());
        router.route().handler(cors);
        new ProblemsApi().mount(router);
        new DocsApi().mount(router);
        new HealthApi(vertx, readiness, () -> up().databaseHealth(), this::stages).mount(router);
        router.get("/metrics").handler(this::metrics);
        router.route("/v1/*").handler(inFlight).handler(this::requireReady);
        var memory =
                new DoorMemory(vertx, () -> up().memory(), Runtime.getRuntime().maxMemory());
        mountDocuments(router, memory);
        mountReaders(router, memory);
        mountProducers(router, memory);
        mountEvents(router, cors);
        var connections = new ClientConnections(settings.limits());
        Gauge.builder("millrace.http.connections", connections::open).register(metrics);
        vertx.createHttpServer(options())
                .connectionHandler(connections::opened)
                .requestHandler(router)
                .invalidRequestHandler(ProblemHandler::invalidRequest)
                .listen(settings.port(), settings.host())
                .onSuccess(server -> {
                    actualPort = server.actualPort();
                    started.complete();
                })
                .onFailure(started::fail);
    }

    /** Without the library's idle time, and with HTTP/1 only: {@link ClientConnections} watches what it knows. */
    private static HttpServerOptions options() {
        return new HttpServerOptions()
                .setHttp2ClearTextEnabled(false)
                // A compressor a socket costs some 300 KiB each, of which there may be thousands.
                .setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false)
                .setCompressionSupported(true)
                .setCompressionContentSizeThreshold(COMPRESS_FROM_BYTES);
    }

    private void mountDocuments(Router router, DoorMemory memory) {
        var admission = new Admission(
                vertx, () -> new JobStore(up().database()).open(), settings.admission(), System::nanoTime);
        var parser = new DocumentParser(new DocumentLimits(settings.maxDocuments(), settings.maxBodyBytes()));
        var jobIds = new JobIds(InstantSource.system(), new SecureRandom());
        var answers = new DocumentAnswers(
                vertx, () -> new JobStore(up().database()), settings.limits().longestWait());
        new DocumentsApi(vertx, admission, jobIds, parser, answers, settings.maxBodyBytes(), settings.limits(), memory)
                .mount(router);
        new CancelApi(vertx, () -> up().cancellation()).mount(router);
    }

    private void mountReaders(Router router, DoorMemory memory) {
        new JobsApi(() -> up().database(), memory).mount(router);
        new DocumentVersionsApi(vertx, () -> up().database(), this::log, memory).mount(router);
        new GroupsApi(() -> up().database()).mount(router);
        new StatisticsApi(InstantSource.system(), () -> up().database()).mount(router);
        // Behind the statistics: an entity's id is any word to the router, also "top".
        new GraphApi(
                        () -> new GraphReader(up().database()),
                        () -> new StatsReader(up().database()),
                        () -> new GroupReader(up().database()))
                .mount(router);
        new WalkApi(() -> up().database(), memory).mount(router);
        new TopicsApi(
                        vertx,
                        () -> up().database(),
                        this::log,
                        memory,
                        settings.reading().maxTails(),
                        settings.limits().idle())
                .mount(router);
        new DeadLettersApi(vertx, () -> up().database(), this::log, memory, settings.maxBodyBytes()).mount(router);
    }

    private void mountProducers(Router router, DoorMemory memory) {
        var bodies = new JsonBody(vertx, settings.maxBodyBytes(), settings.limits(), memory);
        new ProducerApi(() -> up().database(), this::log, bodies, settings.maxDocuments()).mount(router);
        new GraphExportApi(vertx, () -> new GraphExport(up().database())).mount(router);
    }

    private void mountEvents(Router router, Cors cors) {
        var feed = new EventFeed(vertx, this::log);
        events = feed;
        Gauge.builder("millrace.event.clients", feed, EventFeed::listeners).register(metrics);
        new EventsApi(feed, cors, settings.events()).mount(router);
    }

    /**
     * Answers the requests under way, once the pod has said that it takes no more; completes when none is left, or when
     * their time is up.
     */
    public Future<Void> drain(Duration patience) {
        var drained = Promise.<Void>promise();
        context.runOnContext(turn -> {
            stop();
            inFlight.drain().timeout(patience.toMillis(), TimeUnit.MILLISECONDS).onComplete(drained);
        });
        return drained.future();
    }

    /** Streams of events end at once: their clients resume at another pod. */
    @Override
    public void stop() {
        var feed = events;
        if (feed != null) {
            feed.stop();
        }
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
