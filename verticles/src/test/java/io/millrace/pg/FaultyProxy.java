package io.millrace.pg;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Stands between a client and PostgreSQL and breaks connections at the moment that a test names. */
public final class FaultyProxy implements AutoCloseable {

    /** What happens to the connection that sends the marked bytes. */
    public enum Cut {
        /** They never reach the server. */
        BEFORE_SERVER,
        /** They reach the server; the client's side is closed at once, the server's side once it has answered. */
        BEFORE_ANSWER
    }

    private record Fault(String marker, Cut cut, AtomicInteger times) {}

    private final Vertx vertx = Vertx.vertx();
    private final NetClient upstreams = vertx.createNetClient();
    private final String host;
    private final int port;
    private final Set<NetSocket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger cuts = new AtomicInteger();
    private NetServer server;
    private volatile Fault fault = new Fault("", Cut.BEFORE_SERVER, new AtomicInteger());
    private final int listenPort;

    public FaultyProxy(String host, int port) {
        this.host = host;
        this.port = port;
        this.server = vertx.createNetServer().connectHandler(this::connected);
        this.listenPort = get(server.listen(freePort(), "127.0.0.1")).actualPort();
    }

    /** Below those that the system hands out: one of these could be somebody's by the time that {@link #up} wants it back. */
    private static int freePort() {
        for (var tries = 0; tries < 100; tries++) {
            var candidate = ThreadLocalRandom.current().nextInt(15_000, 32_000);
            try (var probe = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (IOException e) {
                // Taken: another one.
            }
        }
        throw new AssertionError("no free port below 32,000");
    }

    public int port() {
        return listenPort;
    }

    /** Breaks, so many times, the connection over which a marker is sent. */
    public void cut(String marker, Cut how, int times) {
        fault = new Fault(marker, how, new AtomicInteger(times));
    }

    /** How many connections were broken by a marker. */
    public int cuts() {
        return cuts.get();
    }

    /** From now on connections are refused, and those that are open break. */
    public void down() {
        get(server.close());
        open.forEach(NetSocket::close);
    }

    /** Accepts connections again. */
    public void up() {
        get(listenAgain());
    }

    /** Until it can: the socket that was closed may hold the port for a moment longer. */
    private Future<NetServer> listenAgain() {
        server = vertx.createNetServer().connectHandler(this::connected);
        return server.listen(listenPort, "127.0.0.1")
                .recover(taken -> vertx.timer(20).compose(later -> listenAgain()));
    }

    private void connected(NetSocket client) {
        client.pause();
        open.add(client);
        client.closeHandler(closed -> open.remove(client));
        upstreams
                .connect(port, host)
                .onSuccess(upstream -> join(client, upstream))
                .onFailure(failure -> client.close());
    }

    private void join(NetSocket client, NetSocket upstream) {
        open.add(upstream);
        client.handler(data -> {
            var current = fault;
            if (contains(data, current.marker) && current.times.getAndDecrement() > 0) {
                cuts.incrementAndGet();
                breakUp(client, upstream, data, current.cut);
            } else {
                upstream.write(data);
            }
        });
        upstream.handler(client::write);
        client.closeHandler(closed -> {
            open.remove(client);
            upstream.close();
        });
        upstream.closeHandler(closed -> {
            open.remove(upstream);
            client.close();
        });
        client.resume();
    }

    private void breakUp(NetSocket client, NetSocket upstream, Buffer data, Cut cut) {
        switch (cut) {
            case BEFORE_SERVER -> client.close();
            case BEFORE_ANSWER -> {
                upstream.handler(answer -> upstream.close());
                client.closeHandler(closed -> open.remove(client));
                upstream.write(data).onComplete(written -> client.close());
            }
        }
    }

    private static boolean contains(Buffer data, String marker) {
        return !marker.isEmpty() && data.toString(StandardCharsets.ISO_8859_1).contains(marker);
    }

    private static <T> T get(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        get(server.close());
        open.forEach(NetSocket::close);
        get(vertx.close());
    }
}
