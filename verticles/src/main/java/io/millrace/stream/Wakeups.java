package io.millrace.stream;

import io.millrace.pg.DatabaseSettings;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgNotification;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries positions between pods: what was committed here goes out as NOTIFY, coalesced and on a connection of its own
 * after the commit (inside a data transaction NOTIFY takes a lock of the whole database at commit), and what others
 * committed comes in on the event bus. Also tells them of partitions that this pod gave back, so that nobody waits for a
 * tick to claim them. Says nothing while this pod is the only one. The coordinator's tick is the net.
 */
public final class Wakeups extends AbstractVerticle {

    private static final Logger LOG = LoggerFactory.getLogger(Wakeups.class);
    private static final String CHANNEL = "millrace";
    private static final String REMOTE = "remote";
    private static final String RELEASED = "released";
    private static final long COALESCE_MILLIS = 5;
    private static final long RECONNECT_MILLIS = 1_000;
    /** PostgreSQL takes less than 8,000 bytes. */
    private static final int MAX_PAYLOAD = 7_500;

    private final DatabaseSettings database;
    private final UUID memberId;
    private final Collection<Topic> topics;
    private final IntSupplier pods;
    private final Map<String, Long> pending = new TreeMap<>();
    private boolean released;
    private boolean scheduled;
    private @Nullable PgConnection connection;
    private boolean stopping;

    public Wakeups(DatabaseSettings database, UUID memberId, Collection<Topic> topics, IntSupplier pods) {
        this.database = database;
        this.memberId = memberId;
        this.topics = List.copyOf(topics);
        this.pods = pods;
    }

    @Override
    public void start() {
        for (var topic : topics) {
            vertx.eventBus().localConsumer(Appended.address(topic.name()), this::onAppended);
        }
        vertx.eventBus().<String>localConsumer(Coordinator.RELEASED, message -> {
            if (pods.getAsInt() > 1) {
                released = true;
                schedule();
            }
        });
        connect();
    }

    private void connect() {
        PgConnection.connect(vertx, database.directOptions())
                .onSuccess(this::listen)
                .onFailure(failure -> {
                    LOG.info("no connection for notifications, polling meanwhile: {}", failure.getMessage());
                    reconnect();
                });
    }

    private void listen(PgConnection open) {
        if (stopping) {
            open.close();
            return;
        }
        connection = open;
        open.notificationHandler(this::onNotification);
        // The one way back: whatever fails on this connection closes it.
        open.closeHandler(closed -> reconnect());
        open.query("listen " + CHANNEL).execute().onFailure(failure -> open.close());
    }

    private void reconnect() {
        connection = null;
        if (!stopping) {
            vertx.setTimer(RECONNECT_MILLIS, fired -> connect());
        }
    }

    private void onAppended(Message<Appended> message) {
        if (pods.getAsInt() < 2 || message.headers().contains(REMOTE)) {
            return;
        }
        var appended = message.body();
        pending.merge(appended.topic() + "/" + appended.partition(), appended.to(), Math::max);
        schedule();
    }

    private void schedule() {
        if (!scheduled) {
            scheduled = true;
            vertx.setTimer(COALESCE_MILLIS, fired -> send());
        }
    }

    private static final String NOTIFY = """
            select pg_notify($1, $2)
            """;

    private Future<?> send() {
        scheduled = false;
        var open = connection;
        var payloads = payloads();
        pending.clear();
        released = false;
        if (open == null) {
            return Future.succeededFuture();
        }
        return Future.join(payloads.stream()
                        .map(payload -> open.preparedQuery(NOTIFY).execute(Tuple.of(CHANNEL, payload)))
                        .toList())
                .onFailure(failure -> LOG.debug("notification lost; the next tick makes up for it", failure));
    }

    /** {@code member topic/partition=to topic/partition=to …}, as often as it takes, and {@code released} among them. */
    private List<String> payloads() {
        var parts = new ArrayList<String>();
        pending.forEach((partition, to) -> parts.add(partition + "=" + to));
        if (released) {
            parts.add(RELEASED);
        }
        var payloads = new ArrayList<String>();
        if (parts.isEmpty()) {
            return payloads;
        }
        var current = new StringBuilder(memberId.toString());
        for (var told : parts) {
            var part = " " + told;
            if (current.length() + part.length() > MAX_PAYLOAD) {
                payloads.add(current.toString());
                current = new StringBuilder(memberId.toString());
            }
            current.append(part);
        }
        payloads.add(current.toString());
        return payloads;
    }

    private void onNotification(PgNotification notification) {
        var parts = notification.getPayload().split(" ", -1);
        if (parts[0].equals(memberId.toString())) {
            return;
        }
        for (var i = 1; i < parts.length; i++) {
            if (parts[i].equals(RELEASED)) {
                vertx.eventBus().publish(Coordinator.TICK_NOW, "");
            } else if (parts[i].contains("=")) {
                // What a newer version tells otherwise, the next tick finds.
                publish(parts[i]);
            }
        }
    }

    private void publish(String position) {
        var slash = position.lastIndexOf('/');
        var equals = position.lastIndexOf('=');
        var topic = position.substring(0, slash);
        var partition = Integer.parseInt(position.substring(slash + 1, equals));
        var to = Long.parseLong(position.substring(equals + 1));
        vertx.eventBus()
                .publish(
                        Appended.address(topic),
                        new Appended(topic, partition, to, to),
                        new DeliveryOptions().addHeader(REMOTE, "true"));
    }

    /** What was given back last is still told. */
    @Override
    public void stop(Promise<Void> stopped) {
        stopping = true;
        var open = connection;
        send().eventually(() -> open == null ? Future.succeededFuture() : open.close())
                .onComplete(done -> stopped.complete());
    }
}
