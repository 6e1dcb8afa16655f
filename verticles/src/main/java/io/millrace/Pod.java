package io.millrace;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.chunk.ChunkVerticle;
import io.millrace.events.DigestVerticle;
import io.millrace.events.Event;
import io.millrace.events.EventListener;
import io.millrace.extract.ExtractVerticle;
import io.millrace.extract.Extractor;
import io.millrace.extract.LocalExtractor;
import io.millrace.graph.GraphProcessor;
import io.millrace.graph.GraphVerticle;
import io.millrace.ingest.IngestReply;
import io.millrace.ingest.IngestRequest;
import io.millrace.ingest.IngestVerticle;
import io.millrace.jobs.CancelStore;
import io.millrace.jobs.JobFinished;
import io.millrace.jobs.JobVerticle;
import io.millrace.pg.Database;
import io.millrace.pg.DatabaseSettings;
import io.millrace.stats.StatsVerticle;
import io.millrace.stream.Committed;
import io.millrace.stream.ComputePool;
import io.millrace.stream.Coordinator;
import io.millrace.stream.Group;
import io.millrace.stream.GroupStore;
import io.millrace.stream.HeapBudget;
import io.millrace.stream.LocalMessages;
import io.millrace.stream.Log;
import io.millrace.stream.Membership;
import io.millrace.stream.ProcessorVerticle;
import io.millrace.stream.Retention;
import io.millrace.stream.Skipped;
import io.millrace.stream.Subscription;
import io.millrace.stream.Topic;
import io.millrace.stream.Wakeups;
import io.millrace.web.HttpVerticle;
import io.millrace.web.Readiness;
import io.millrace.web.Services;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Verticle;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.spi.observability.HttpRequest;
import io.vertx.micrometer.Label;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process of Millrace: the door and the stages that the configuration names, over one database. Its methods block;
 * call them from a thread of your own.
 */
public final class Pod {

    private static final Logger LOG = LoggerFactory.getLogger(Pod.class);
    /** What these have not read was acknowledged, and so retention waits for them, however long nobody serves them. */
    private static final Set<String> BUILT_IN =
            Set.of(ChunkVerticle.GROUP, ExtractVerticle.GROUP, GraphProcessor.GROUP, StatsVerticle.GROUP);

    private static final Set<String> HTTP_METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT");

    private static final Duration STEP = Duration.ofSeconds(30);
    /** How long requests under way may take when the pod is told to stop. */
    private static final Duration DRAIN = Duration.ofSeconds(10);

    private final Config config;
    private final List<Subscription> plugins;
    private final ComputePool.Overrun overrun;
    private final Readiness readiness = new Readiness();
    private final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, Instant> lastProgress = new ConcurrentHashMap<>();
    private final List<String> deployed = new ArrayList<>();
    private final Vertx vertx;
    private volatile @Nullable Services services;
    private @Nullable HttpVerticle door;
    private @Nullable Membership membership;
    private @Nullable ComputePool compute;

    public Pod(Config config, List<Subscription> plugins, ComputePool.Overrun overrun) {
        this.config = config;
        this.plugins = List.copyOf(plugins);
        this.overrun = overrun;
        this.vertx = Vertx.builder()
                .with(new VertxOptions()
                        .setPreferNativeTransport(false)
                        .setMetricsOptions(new MicrometerMetricsOptions()
                                .setEnabled(true)
                                .setLabels(EnumSet.of(Label.POOL_TYPE, Label.POOL_NAME, Label.HTTP_CODE))
                                .setServerRequestTagsProvider(Pod::methodTag)
                                .addDisabledMetricsCategory(MetricsDomain.EVENT_BUS)
                                .addDisabledMetricsCategory(MetricsDomain.NET_CLIENT)
                                .addDisabledMetricsCategory(MetricsDomain.DATAGRAM_SOCKET)))
                .withMetrics(new MicrometerMetricsFactory(metrics))
                .build();
        LocalMessages.register(vertx);
        LocalMessages.register(vertx, IngestRequest.class);
        LocalMessages.register(vertx, IngestReply.Accepted.class);
        LocalMessages.register(vertx, IngestReply.Replayed.class);
        LocalMessages.register(vertx, IngestReply.KeyReused.class);
        LocalMessages.register(vertx, IngestReply.KeyInFlight.class);
        LocalMessages.register(vertx, IngestReply.Overloaded.class);
        LocalMessages.register(vertx, IngestReply.Unavailable.class);
        LocalMessages.register(vertx, IngestReply.Refused.class);
        LocalMessages.register(vertx, IngestReply.Unknown.class);
        LocalMessages.register(vertx, JobFinished.class);
    }

    /** In place of the library's own label, of which a client that invents methods could make any number, each kept for ever. */
    private static Tags methodTag(HttpRequest request) {
        var method = request.method().name();
        return Tags.of("method", HTTP_METHODS.contains(method) ? method : "other");
    }

    /** Opens the door; {@code /health} says from now on what the pod waits for. Gives the port. */
    public int listen() {
        var settings = config.http();
        var door = new HttpVerticle(
                new HttpVerticle.Settings(
                        settings.host(),
                        settings.port(),
                        settings.maxBodyBytes(),
                        settings.maxDocuments(),
                        settings.limits(),
                        config.admission(),
                        new HttpVerticle.Reading(settings.corsOrigins(), settings.maxTails()),
                        new HttpVerticle.EventSettings(
                                config.events().maxClients(),
                                new EventListener.Patience(
                                        config.events().heartbeat(),
                                        config.events().maxStall()))),
                readiness,
                () -> services,
                metrics);
        this.door = door;
        deploy(door, ThreadingModel.EVENT_LOOP);
        return door.actualPort();
    }

    /** The door's routes, once it is open: method and path. */
    public List<String> routes() {
        return door == null ? List.of() : door.routes();
    }

    public void waitsFor(String what) {
        LOG.info("not ready: {}", what);
        readiness.waitsFor(what);
    }

    /** Starts the stages over a database whose schema is current; ready when it returns. */
    public void start(DatabaseSettings databaseSettings) throws InterruptedException {
        waitsFor("the stages start");
        var database = new Database(vertx, databaseSettings);
        var log = new Log(database);
        var groups = new GroupStore(database);
        var topics = createTopics(log);
        var all = createGroups(groups, topics);
        var member = new Membership(databaseSettings, UUID.randomUUID(), hostName(), config.lease());
        membership = member;
        if (!member.start(STEP)) {
            throw new IllegalStateException("no heartbeat could be stored within " + STEP);
        }
        var pool = new ComputePool(config.computeThreads(), config.deadline(), overrun);
        compute = pool;
        var memory = HeapBudget.forWork();
        var coordinator = new Coordinator(groups, member, all.values(), config.coordinator());
        var shared = new ProcessorVerticle.Shared(
                database, log, groups, pool, memory, coordinator, config.runner(), this::committed);
        if (config.stages().contains(Stage.INGEST)) {
            deploy(
                    new IngestVerticle(database, log, log.known(IngestVerticle.TOPIC), maxQueuedBytes()),
                    ThreadingModel.EVENT_LOOP);
        }
        // Before the processors, and so stopped after them: it tells the other pods what they gave back.
        deploy(
                new Wakeups(databaseSettings, member.memberId(), topics.values(), coordinator::pods),
                ThreadingModel.EVENT_LOOP);
        for (var verticle : processors(shared, all, log)) {
            deploy(verticle, ThreadingModel.VIRTUAL_THREAD);
        }
        if (config.stages().contains(Stage.GRAPH)) {
            deploy(new JobVerticle(database, log, GraphProcessor.GROUP), ThreadingModel.EVENT_LOOP);
        }
        if (config.stages().contains(Stage.STATS)) {
            deploy(
                    new DigestVerticle(database, log, coordinator, member.memberId(), StatsVerticle.GROUP),
                    ThreadingModel.EVENT_LOOP);
        }
        deploy(coordinator, ThreadingModel.EVENT_LOOP);
        deploy(
                new Retention(database, config.retention(), config.lease(), BUILT_IN, this::dropped),
                ThreadingModel.EVENT_LOOP);
        vertx.eventBus().<Skipped>localConsumer(Skipped.ADDRESS, message -> skipped(message.body()));
        services = new Services(
                database, memory, coordinator, new CancelStore(database, log), this::poolActive, lastProgress);
        all.keySet().forEach(group -> measureLag(group, coordinator));
        readiness.ready();
    }

    /** What is queued is on the heap some four times: as the sender's texts, as records, and as what the driver sends. */
    private long maxQueuedBytes() {
        return Math.min(config.maxQueuedBytes(), Runtime.getRuntime().maxMemory() / 16);
    }

    private Map<String, Topic> createTopics(Log log) {
        var topics = new LinkedHashMap<String, Topic>();
        for (var name :
                List.of(IngestVerticle.TOPIC, ChunkVerticle.TOPIC, ExtractVerticle.TOPIC, GraphProcessor.CHANGES)) {
            topics.put(name, await(log.createTopic(name, config.partitions())));
        }
        topics.put(Event.TOPIC, await(log.createTopic(Event.TOPIC, 1)));
        for (var plugin : plugins) {
            topics.putIfAbsent(plugin.topic(), await(log.createTopic(plugin.topic(), config.partitions())));
        }
        for (var topic : List.copyOf(topics.values())) {
            if (!topic.name().equals(Event.TOPIC)) {
                await(log.createTopic(Topic.deadLetters(topic.name()), topic.partitions()));
            }
        }
        return topics;
    }

    private Map<String, Group> createGroups(GroupStore groups, Map<String, Topic> topics) {
        var created = new LinkedHashMap<String, Group>();
        create(created, groups, topics, ChunkVerticle.GROUP, IngestVerticle.TOPIC);
        create(created, groups, topics, ExtractVerticle.GROUP, ChunkVerticle.TOPIC);
        create(created, groups, topics, GraphProcessor.GROUP, ExtractVerticle.TOPIC);
        create(created, groups, topics, StatsVerticle.GROUP, GraphProcessor.CHANGES);
        for (var plugin : plugins) {
            create(created, groups, topics, plugin.group(), plugin.topic());
        }
        return created;
    }

    private static void create(
            Map<String, Group> created, GroupStore groups, Map<String, Topic> topics, String group, String topic) {
        var of = topics.get(topic);
        if (of == null) {
            throw new IllegalStateException("topic " + topic + " has not been made");
        }
        created.put(group, await(groups.createGroup(group, of)));
    }

    private boolean runs(String group) {
        return Stage.of(group).map(config.stages()::contains).orElse(true);
    }

    private List<ProcessorVerticle> processors(ProcessorVerticle.Shared shared, Map<String, Group> groups, Log log) {
        var verticles = new ArrayList<ProcessorVerticle>();
        groups.forEach((name, group) -> {
            if (runs(name)) {
                verticles.add(processor(shared, group, log));
            }
        });
        return verticles;
    }

    private ProcessorVerticle processor(ProcessorVerticle.Shared shared, Group group, Log log) {
        var chunks = config.chunks();
        return switch (group.name()) {
            case ChunkVerticle.GROUP -> new ChunkVerticle(shared, group, chunks.maxTokens(), chunks.overlapTokens());
            case ExtractVerticle.GROUP ->
                new ExtractVerticle(
                        shared,
                        group,
                        extractor(),
                        log.known(ExtractVerticle.TOPIC).partitions());
            case GraphProcessor.GROUP -> new GraphVerticle(shared, group);
            case StatsVerticle.GROUP -> new StatsVerticle(shared, group);
            default -> new ProcessorVerticle(shared, plugin(group), group);
        };
    }

    private static Extractor extractor() {
        return new LocalExtractor();
    }

    private Subscription plugin(Group group) {
        return plugins.stream()
                .filter(plugin -> plugin.group().equals(group.name()))
                .findFirst()
                .orElseThrow();
    }

    private void committed(Committed committed) {
        lastProgress.put(committed.group(), Instant.now());
        var tags = Tags.of("group", committed.group());
        metrics.counter("millrace.records", tags).increment(committed.records());
        Timer.builder("millrace.commit").tags(tags).register(metrics).record(committed.nanos(), TimeUnit.NANOSECONDS);
        LOG.debug(
                "{} partition {}: {} records to offset {}",
                committed.group(),
                committed.partition(),
                committed.records(),
                committed.offset());
    }

    private void dropped(Retention.Run run) {
        metrics.counter("millrace.dropped.segments").increment(run.dropped());
    }

    private void skipped(Skipped skipped) {
        metrics.counter("millrace.skipped.records", Tags.of("group", skipped.group()))
                .increment((double) skipped.records());
    }

    private void measureLag(String group, Coordinator coordinator) {
        Gauge.builder("millrace.lag.records", () -> {
                    var state = coordinator.states().get(group);
                    return state == null ? 0 : state.lag();
                })
                .tags("group", group)
                .register(metrics);
    }

    private int poolActive() {
        var gauge = metrics.find("vertx.pool.in.use")
                .tags("pool_type", "sql", "pool_name", "millrace")
                .gauge();
        return gauge == null ? 0 : (int) gauge.value();
    }

    private static String hostName() {
        var name = System.getenv("HOSTNAME");
        return name == null ? "localhost" : name;
    }

    private void deploy(Verticle verticle, ThreadingModel threading) {
        deployed.add(await(vertx.deployVerticle(verticle, new DeploymentOptions().setThreadingModel(threading))));
    }

    /** Takes no new work, finishes what is in flight, gives its partitions back, and ends. */
    public void stop() throws InterruptedException {
        readiness.waitsFor("the pod stops");
        drain();
        for (var i = deployed.size() - 1; i >= 0; i--) {
            try {
                await(vertx.undeploy(deployed.get(i)));
            } catch (RuntimeException e) {
                LOG.warn("a part did not stop in order: {}", e.getMessage());
            }
        }
        if (membership != null) {
            membership.stop();
        }
        if (compute != null) {
            compute.close();
        }
        if (services != null) {
            await(services.database().close());
        }
        await(vertx.close());
    }

    /** Before any stage stops, since what was accepted is answered by stages. */
    private void drain() {
        if (door != null) {
            try {
                await(door.drain(DRAIN));
            } catch (RuntimeException e) {
                LOG.warn("requests are cut off that were not answered within {}", DRAIN);
            }
        }
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(STEP.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (java.util.concurrent.TimeoutException e) {
            throw new IllegalStateException("a step of the start or stop took longer than " + STEP, e);
        }
    }
}
