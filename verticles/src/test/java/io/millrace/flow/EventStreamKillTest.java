package io.millrace.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients of events at two processes, one of which is killed while documents come in: they resume at the other one, behind
 * the last id they saw. {@code -Dmillrace.event-clients=1000} is the load check; the build has a few.
 */
class EventStreamKillTest {

    private static final int CLIENTS = Integer.getInteger("millrace.event-clients", 50);
    private static final int LETTERS = Integer.getInteger("millrace.event-letters", 1_500);
    private static final int KILLS = 2;
    private static final int MAX_UNDER_WAY = 200;
    private static final long SEED = 20_261_121;
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private static final Map<String, String> SETTINGS = Map.of(
            "MILLRACE_GROUPS_LEASE", "3s",
            "MILLRACE_GROUPS_TICK", "250ms",
            "MILLRACE_DATABASE_LOCK_TIMEOUT", "1s",
            "MILLRACE_DATABASE_POOL_SIZE", "10");

    @TempDir
    private Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final TestDatabase database = TestDatabase.create();
    private final Rows rows = new Rows(database);
    private final JobCounts jobs = new JobCounts(database);
    private final List<ServeProcess> processes = new ArrayList<>();
    private final List<EventClient> clients = new ArrayList<>();
    private final AtomicLong events = new AtomicLong();

    @BeforeEach
    void startProcesses() {
        for (var host : List.of("pod-a", "pod-b")) {
            processes.add(ServeProcess.start(host, database, SETTINGS, folder));
        }
    }

    @AfterEach
    void close() throws Exception {
        Future.join(clients.stream().map(EventClient::stop).toList())
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        processes.forEach(ServeProcess::close);
        jobs.close();
        rows.close();
        database.close();
    }

    private static ConditionFactory patiently() {
        return await().atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(50));
    }

    private @Nullable URI one(Random random) {
        var ready = processes.stream()
                .flatMap(process -> process.address().stream())
                .toList();
        return ready.isEmpty() ? null : ready.get(random.nextInt(ready.size()));
    }

    @Test
    void aKilledPodCostsItsClientsNoEventAndGivesThemNoneTwice() {
        patiently()
                .until(() ->
                        processes.stream().allMatch(process -> process.address().isPresent()));
        connect();
        var letters = Letter.generate(SEED, LETTERS);
        try (var posting =
                new PostingClient(processes, letters, Duration.ofSeconds(30), () -> jobs.open() < MAX_UNDER_WAY)) {
            var started = System.nanoTime();
            var posted = posting.start(2, SEED);
            for (var kill = 1; kill <= KILLS; kill++) {
                var ended = (long) kill * LETTERS / (KILLS + 1);
                patiently().until(() -> jobs.ended() >= ended);
                var victim = processes.get(kill % processes.size());
                var before = connections();
                var address = victim.address().orElseThrow();
                var killed = System.nanoTime();
                victim.kill();
                patiently().until(() -> clients.stream().allMatch(client -> client.isElsewhereThan(address)));
                System.out.printf(
                        "kill %d: %d clients resumed within %d ms%n",
                        kill,
                        connections() - before,
                        Duration.ofNanos(System.nanoTime() - killed).toMillis());
                victim.start();
                patiently().until(() -> victim.address().isPresent());
            }
            patiently().until(posted::isDone);
            posted.join();
            Drained.await(rows, PATIENCE);
            var end = rows.count("select max(id) from events.events");
            patiently()
                    .until(() ->
                            clients.stream().allMatch(client -> client.ids().last() >= end));
            report(Duration.ofNanos(System.nanoTime() - started));
        }
        assertThat(clients).allSatisfy(client -> {
            assertThat(client.ids().missed()).isZero();
            assertThat(client.ids().doubled()).isZero();
        });
        assertThat(connections()).isGreaterThan(CLIENTS + CLIENTS / 2);
    }

    private int connections() {
        return clients.stream().mapToInt(EventClient::connections).sum();
    }

    private void connect() {
        var http = EventClient.http(vertx);
        var random = new Random(SEED);
        for (var i = 0; i < CLIENTS; i++) {
            var own = new Random(random.nextLong());
            clients.add(new EventClient(
                            vertx,
                            http,
                            "default",
                            "",
                            () -> one(own),
                            random.nextLong(),
                            event -> events.incrementAndGet())
                    .start());
        }
        patiently().until(() -> clients.stream().allMatch(EventClient::isConnected));
    }

    private void report(Duration took) {
        System.out.printf(
                "%d clients at two pods, %d SIGKILLs, %d letters in %d s: %d connections, %d refused; %d events in the log, %d received, %d missed, %d doubled%n",
                CLIENTS,
                KILLS,
                LETTERS,
                took.toSeconds(),
                connections(),
                clients.stream().mapToInt(EventClient::refusals).sum(),
                rows.count("select count(*) from events.events"),
                events.get(),
                clients.stream().mapToLong(client -> client.ids().missed()).sum(),
                clients.stream().mapToLong(client -> client.ids().doubled()).sum());
    }
}
