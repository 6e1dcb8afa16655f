package io.millrace.web;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.events.EventListener;
import io.millrace.ingest.IngestReply;
import io.millrace.ingest.IngestRequest;
import io.millrace.jobs.CancelStore;
import io.millrace.pg.Database;
import io.millrace.pg.DatabaseSettings;
import io.millrace.stream.Coordinator;
import io.millrace.stream.GroupStore;
import io.millrace.stream.HeapBudget;
import io.millrace.stream.LocalMessages;
import io.millrace.stream.Log;
import io.millrace.stream.Membership;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A door with nothing behind it, and a client that sends whatever bytes it is told to. */
final class Door implements AutoCloseable {

    static final int BODY_BYTES_MAX = 4 << 20;
    static final int CONNECTIONS_MAX = 20;
    /** Of an impatient one. */
    static final Duration PATIENCE = Duration.ofMillis(400);

    private static final int ATTEMPTS_MAX = 5;

    private final Vertx vertx = Vertx.vertx();
    private final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final AtomicInteger accepted = new AtomicInteger();
    private final HttpVerticle verticle;

    private Door(Duration patience) {
        LocalMessages.register(vertx, IngestRequest.class);
        LocalMessages.register(vertx, IngestReply.Accepted.class);
        vertx.eventBus().<IngestRequest>localConsumer(IngestRequest.ADDRESS, message -> {
            accepted.addAndGet(message.body().submissions().size());
            message.reply(new IngestReply.Accepted());
        });
        var limits = new ClientLimits(
                patience, patience, Duration.ofSeconds(5), CONNECTIONS_MAX, 100, Duration.ofSeconds(1));
        var services = services();
        var readiness = new Readiness();
        readiness.ready();
        verticle = new HttpVerticle(
                new HttpVerticle.Settings(
                        "127.0.0.1",
                        0,
                        BODY_BYTES_MAX,
                        1_000,
                        limits,
                        new AdmissionLimits(1_000, 0, 0),
                        new HttpVerticle.Reading(List.of(), 10),
                        new HttpVerticle.EventSettings(10, new EventListener.Patience(patience, patience))),
                readiness,
                () -> services,
                metrics);
    }

    /** Over a database that is not there. */
    private Services services() {
        var pool = new DatabaseSettings.PoolSettings(
                2, 10, Duration.ofSeconds(1), Duration.ofHours(1), Duration.ofHours(1), Duration.ofSeconds(1));
        var settings = new DatabaseSettings("127.0.0.1", 1, "none", "nobody", "", pool, false);
        var database = new Database(vertx, settings);
        var membership = new Membership(settings, UUID.randomUUID(), "door", Duration.ofSeconds(5));
        var coordinator =
                new Coordinator(new GroupStore(database), membership, List.of(), Coordinator.Settings.DEFAULT);
        return new Services(
                database,
                HeapBudget.forWork(),
                coordinator,
                new CancelStore(database, new Log(database)),
                () -> 0,
                Map.of());
    }

    /** One that waits for longer than any test takes, also where the machine stalls. */
    static Door open() {
        return open(Duration.ofSeconds(30));
    }

    static Door impatient() {
        return open(PATIENCE);
    }

    private static Door open(Duration patience) {
        var door = new Door(patience);
        try {
            door.vertx
                    .deployVerticle(door.verticle)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return door;
    }

    RawConnection connect() {
        return RawConnection.to(verticle.actualPort());
    }

    /** Connections that are open. */
    int connections() {
        return (int) metrics.get("millrace.http.connections").gauge().value();
    }

    /** Documents that came through. */
    int accepted() {
        return accepted.get();
    }

    @Override
    public void close() {
        vertx.close();
    }

    /**
     * What a client sends.
     *
     * @param others connections that are open already, and on which nothing happens
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Sent(byte[] bytes, int others) {
        @Override
        public String toString() {
            return bytes.length + " bytes";
        }
    }

    /**
     * Sends the bytes and reads one answer, whatever becomes of the connection. An impatient door closes, and says nothing, when
     * the machine lets too much time pass between the connection and its first byte: then once more.
     */
    RawConnection.Answer exchange(Sent sent) {
        for (var attempt = 1; attempt < ATTEMPTS_MAX; attempt++) {
            try {
                return exchangeOnce(sent);
            } catch (RawConnection.ClosedWithoutAnswer e) {
                // What this door answers with nothing, it does each time.
            }
        }
        return exchangeOnce(sent);
    }

    private RawConnection.Answer exchangeOnce(Sent sent) {
        List<RawConnection> connections = new ArrayList<>();
        try {
            for (var i = 0; i <= sent.others(); i++) {
                connections.add(connect());
            }
            return connections.getLast().exchange(sent.bytes());
        } finally {
            connections.forEach(RawConnection::close);
        }
    }
}
