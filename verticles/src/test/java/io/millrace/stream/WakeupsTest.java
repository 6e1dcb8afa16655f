package io.millrace.stream;

import static io.millrace.stream.Futures.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.FaultyProxy;
import io.millrace.pg.TestDatabase;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WakeupsTest {

    private static final Topic TOPIC = new Topic(1, "told.topic-1", 64);

    private final TestDatabase database = TestDatabase.create();
    private final FaultyProxy proxy = new FaultyProxy(database.host(), database.port());
    private final Pod here = new Pod(2);
    private final Pod there = new Pod(2);

    private final class Pod {
        final Vertx vertx = Vertx.vertx();
        final ConcurrentLinkedQueue<Appended> heard = new ConcurrentLinkedQueue<>();

        Pod(int pods) {
            LocalMessages.register(vertx);
            vertx.eventBus()
                    .<Appended>localConsumer(Appended.address(TOPIC.name()), message -> heard.add(message.body()));
            var settings = database.settings(proxy.port(), TestPod.SMALL_POOL);
            get(vertx.deployVerticle(new Wakeups(settings, UUID.randomUUID(), List.of(TOPIC), () -> pods)));
        }

        void append(int partition, long to) {
            vertx.eventBus().publish(Appended.address(TOPIC.name()), new Appended(TOPIC.name(), partition, to - 1, to));
        }
    }

    @AfterEach
    void close() {
        get(here.vertx.close());
        get(there.vertx.close());
        proxy.close();
        database.close();
    }

    private void awaitListening(int connections) throws Exception {
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            await().until(() -> {
                try (var rows = statement.executeQuery("select count(*) from pg_stat_activity"
                        + " where datname = current_database() and query = 'listen millrace' and state = 'idle'")) {
                    rows.next();
                    return rows.getInt(1) == connections;
                }
            });
        }
    }

    @Test
    void whatIsAppendedHereIsHeardThereOnceAndDoesNotComeBack() throws Exception {
        awaitListening(2);
        here.append(3, 11);
        here.append(3, 12);
        here.append(4, 1);

        await().until(() -> there.heard.contains(new Appended(TOPIC.name(), 3, 12, 12))
                && there.heard.contains(new Appended(TOPIC.name(), 4, 1, 1)));
        there.append(5, 1);
        await().until(() -> here.heard.contains(new Appended(TOPIC.name(), 5, 1, 1)));
        assertThat(here.heard).as("its own three, and one of the other pod").hasSize(4);
    }

    @Test
    void positionsThatDoNotFitOneNotificationTravelInSeveral() throws Exception {
        awaitListening(2);
        var longName = new Topic(2, "x".repeat(200), 64);
        var settings = database.settings(proxy.port(), TestPod.SMALL_POOL);
        get(here.vertx.deployVerticle(new Wakeups(settings, UUID.randomUUID(), List.of(longName), () -> 2)));
        var heard = new ConcurrentLinkedQueue<Integer>();
        there.vertx
                .eventBus()
                .<Appended>localConsumer(
                        Appended.address(longName.name()),
                        message -> heard.add(message.body().partition()));
        awaitListening(3);
        IntStream.range(0, 64)
                .forEach(partition -> here.vertx
                        .eventBus()
                        .publish(Appended.address(longName.name()), new Appended(longName.name(), partition, 0, 1)));

        await().until(() -> heard.stream().distinct().count() == 64);
    }

    @Test
    void aConnectionThatBreaksIsReplacedByOne() throws Exception {
        awaitListening(2);
        proxy.down();
        awaitListening(0);
        proxy.up();
        awaitListening(2);
        here.append(3, 11);

        await().until(() -> there.heard.contains(new Appended(TOPIC.name(), 3, 11, 11)));
    }

    @Test
    void whatIsGivenBackIsToldToTheOtherPodsAlsoByOneThatStopsRightThen() throws Exception {
        awaitListening(2);
        var ticks = new ConcurrentLinkedQueue<String>();
        there.vertx.eventBus().<String>localConsumer(Coordinator.TICK_NOW, message -> ticks.add(message.body()));
        here.vertx.eventBus().publish(Coordinator.RELEASED, "a group");
        await().until(() -> !ticks.isEmpty());

        ticks.clear();
        here.vertx.eventBus().publish(Coordinator.RELEASED, "a group");
        get(here.vertx.undeploy(here.vertx.deploymentIDs().iterator().next()));
        await().until(() -> !ticks.isEmpty());
    }
}
