package io.millrace.flow;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.parsetools.RecordParser;
import java.net.URI;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client of server-sent events as a browser is one: it remembers the last id, comes back after a break, and sends the id
 * then. Everything of one client happens on one event loop.
 */
final class EventClient {

    private static final int MAX_RETRY_MILLIS = 500;

    private final Vertx vertx;
    private final HttpClient http;
    private final String workspace;
    private final String query;
    private final Supplier<@Nullable URI> where;
    private final Random random;
    private final Consumer<String> onEvent;
    private volatile @Nullable String lastEventId;
    private volatile @Nullable IdSequence ids;
    private volatile @Nullable HttpClientResponse response;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger refusals = new AtomicInteger();
    private volatile @Nullable URI at;
    private volatile long breakOffAt = Long.MAX_VALUE;
    private volatile boolean stopped;
    final List<String> blocks = new CopyOnWriteArrayList<>();
    private boolean keepsBlocks;

    /**
     * @param where what to connect to now; null when there is nothing
     * @param query with its question mark, or empty
     */
    EventClient(
            Vertx vertx,
            HttpClient http,
            String workspace,
            String query,
            Supplier<@Nullable URI> where,
            long seed,
            Consumer<String> onEvent) {
        this.vertx = vertx;
        this.http = http;
        this.workspace = workspace;
        this.query = query;
        this.where = where;
        this.random = new Random(seed);
        this.onEvent = onEvent;
    }

    static HttpClient http(Vertx vertx) {
        return vertx.createHttpClient(
                new HttpClientOptions().setConnectTimeout(5_000).setKeepAlive(false),
                new PoolOptions().setHttp1MaxSize(20_000));
    }

    EventClient keepingBlocks() {
        keepsBlocks = true;
        return this;
    }

    EventClient resumingBehind(long id) {
        lastEventId = Long.toString(id);
        return this;
    }

    EventClient start() {
        vertx.getOrCreateContext().runOnContext(ready -> connect());
        return this;
    }

    private void connect() {
        if (stopped) {
            return;
        }
        var base = where.get();
        if (base == null) {
            again();
            return;
        }
        var options = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setHost(base.getHost())
                .setPort(base.getPort())
                .setURI("/v1/events" + query)
                .putHeader("Accept", "text/event-stream")
                .putHeader("Accept-Encoding", "gzip")
                .putHeader("Millrace-Workspace", workspace);
        var id = lastEventId;
        if (id != null) {
            options.putHeader("Last-Event-ID", id);
        }
        http.request(options)
                .compose(request -> request.send())
                .onSuccess(answer -> receive(base, answer))
                .onFailure(failure -> again());
    }

    private void receive(URI base, HttpClientResponse answer) {
        if (answer.statusCode() != 200) {
            refusals.incrementAndGet();
            again();
            return;
        }
        var number = connections.incrementAndGet();
        response = answer;
        at = base;
        var parser = RecordParser.newDelimited("\n\n", this::block);
        answer.handler(buffer -> {
            // What arrives behind the moment of breaking off is not seen any more.
            if (isOpen(number)) {
                parser.handle(buffer);
            }
        });
        answer.endHandler(ended -> broken(number));
        answer.exceptionHandler(failure -> broken(number));
        if (stopped) {
            breakOff();
        }
    }

    private boolean isOpen(int connection) {
        return response != null && connections.get() == connection;
    }

    private void broken(int connection) {
        if (isOpen(connection)) {
            response = null;
            again();
        }
    }

    private void again() {
        if (!stopped) {
            vertx.setTimer(1 + random.nextInt(MAX_RETRY_MILLIS), fired -> connect());
        }
    }

    private void block(Buffer text) {
        if (response == null) {
            return;
        }
        var block = text.toString();
        if (keepsBlocks) {
            blocks.add(block);
        }
        var id = field(block, "id: ");
        if (id != null) {
            lastEventId = id;
        }
        received(id == null ? lastEventId() : Long.parseLong(id), field(block, "data: "));
    }

    private static @Nullable String field(String block, String name) {
        var at = block.startsWith(name) ? 0 : block.indexOf("\n" + name) + 1;
        if (at == 0 && !block.startsWith(name)) {
            return null;
        }
        var end = block.indexOf('\n', at);
        return block.substring(at + name.length(), end < 0 ? block.length() : end);
    }

    private void received(long id, @Nullable String data) {
        var sequence = ids;
        if (sequence == null) {
            sequence = new IdSequence(data == null ? id : id - 1);
            ids = sequence;
        }
        if (data != null) {
            sequence.add(id);
            onEvent.accept(data);
        }
        if (sequence.received() >= breakOffAt) {
            breakOffAt = Long.MAX_VALUE;
            breakOff();
        }
    }

    /** Closes the connection after so many more events, without a word. */
    void breakOffAfter(long events) {
        var sequence = ids;
        breakOffAt = (sequence == null ? 0 : sequence.received()) + events;
    }

    private void breakOff() {
        var open = response;
        if (open != null) {
            response = null;
            open.request().connection().close();
            again();
        }
    }

    Future<Void> stop() {
        stopped = true;
        var open = response;
        response = null;
        return open == null
                ? Future.succeededFuture()
                : open.request().connection().close();
    }

    boolean isConnected() {
        return response != null && ids != null;
    }

    /** Whether it is connected, and not to this address. */
    boolean isElsewhereThan(@Nullable URI address) {
        var connectedTo = at;
        return isConnected() && connectedTo != null && !connectedTo.equals(address);
    }

    IdSequence ids() {
        var sequence = ids;
        return sequence == null ? new IdSequence(-1) : sequence;
    }

    long lastEventId() {
        return Long.parseLong(String.valueOf(lastEventId));
    }

    int connections() {
        return connections.get();
    }

    int refusals() {
        return refusals.get();
    }
}
