package io.millrace.stream;

import static io.millrace.stream.Futures.get;

import io.millrace.pg.Database;
import io.millrace.pg.DatabaseSettings;
import io.millrace.pg.DatabaseSettings.PoolSettings;
import io.millrace.pg.TestDatabase;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A pod as a process wires it: Vert.x, pool, heartbeat, coordinator, wake-ups, and one verticle a subscription. */
final class TestPod implements AutoCloseable {

    static final PoolSettings SMALL_POOL = new PoolSettings(
            6, 1_000, Duration.ofSeconds(10), Duration.ofHours(1), Duration.ofMinutes(10), Duration.ofSeconds(20));
    static final Duration LEASE = Duration.ofSeconds(10);
    private static final int PARTITIONS = 4;

    final Vertx vertx = Vertx.vertx();
    final Database database;
    final Log log;
    final GroupStore groups;
    final Appender appender;
    final ConcurrentLinkedQueue<String> overruns = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<Committed> commits = new ConcurrentLinkedQueue<>();
    private final ComputePool compute;
    private final DatabaseSettings settings;
    private final Membership membership;
    private final List<String> deployments = new ArrayList<>();
    private boolean joined;
    /** For what is run from now on. */
    RunnerSettings patience = new RunnerSettings(3, Duration.ofMillis(10), Duration.ofMillis(100));

    TestPod(DatabaseSettings settings, Duration deadline) {
        this.settings = settings;
        this.database = new Database(vertx, settings);
        this.log = new Log(database);
        this.groups = new GroupStore(database);
        this.appender = new Appender(database, log, 64 << 20);
        this.compute = new ComputePool(2, deadline, overruns::add);
        this.membership = new Membership(settings, UUID.randomUUID(), "test", LEASE);
        LocalMessages.register(vertx);
    }

    TestPod(TestDatabase database) {
        this(database.settings(database.port(), SMALL_POOL), Duration.ofSeconds(30));
    }

    UUID memberId() {
        return membership.memberId();
    }

    Topic topic(String name, int partitions) {
        get(log.createTopic(Topic.deadLetters(name), partitions));
        return get(log.createTopic(name, partitions));
    }

    /** Joins the groups of these subscriptions and runs them. */
    TestPod run(Subscription... subscriptions) {
        try {
            joined = true;
            if (!membership.start(Duration.ofSeconds(10))) {
                throw new AssertionError("no heartbeat within ten seconds");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        var topics = new ArrayList<Topic>();
        var ofSubscriptions = new ArrayList<Group>();
        for (var subscription : subscriptions) {
            var topic = topic(subscription.topic(), PARTITIONS);
            topics.add(topic);
            ofSubscriptions.add(get(groups.createGroup(subscription.group(), topic)));
        }
        var coordinator = new Coordinator(
                groups,
                membership,
                ofSubscriptions,
                new Coordinator.Settings(Duration.ofMillis(100), Duration.ofDays(1), Duration.ofHours(6)));
        var shared = new ProcessorVerticle.Shared(
                database, log, groups, compute, HeapBudget.forWork(), coordinator, patience, commits::add);
        for (var i = 0; i < subscriptions.length; i++) {
            var verticle = new ProcessorVerticle(shared, subscriptions[i], ofSubscriptions.get(i));
            deployments.add(get(vertx.deployVerticle(
                    verticle, new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD))));
        }
        get(vertx.deployVerticle(coordinator));
        get(vertx.deployVerticle(new Wakeups(settings, memberId(), topics, coordinator::pods)));
        return this;
    }

    /** Stops the processors, as a pod does that is asked to end. */
    void stopProcessors() {
        get(Future.join(deployments.stream().map(vertx::undeploy).toList()));
        deployments.clear();
    }

    @Override
    public void close() {
        stopProcessors();
        try {
            if (joined) {
                membership.stop();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        get(vertx.close());
        compute.close();
    }
}
