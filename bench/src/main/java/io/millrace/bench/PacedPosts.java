package io.millrace.bench;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Documents posted at fixed times, whatever becomes of those before, each by a client that waits for its job to end
 * ({@code Prefer: wait}). What each took counts from the time at which it was due, so that a stall is not hidden by clients
 * that it kept from posting.
 */
final class PacedPosts implements AutoCloseable {

    private static final String WAIT = "Prefer: wait=60\r\n";

    /** Clients that wait at a time; more means that the pod does not keep up. */
    private static final int MOST_CLIENTS = 2_000;

    private static final int ENDED = 200;

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final NetClient client = vertx.createNetClient(new NetClientOptions().setTcpNoDelay(true));
    private final int port;
    private final double perSecond;
    private final Buffer[] requests;
    private final long[] nanos;
    private final CompletableFuture<Latencies> done = new CompletableFuture<>();
    private final ArrayDeque<PostConnection> idle = new ArrayDeque<>();
    private long begin;
    private int clients;
    private int due;
    private int ended;

    PacedPosts(int port, List<byte[]> documents, double perSecond) {
        this.port = port;
        this.perSecond = perSecond;
        this.requests = documents.stream()
                .map(document -> PostConnection.request(document, WAIT))
                .toArray(Buffer[]::new);
        this.nanos = new long[requests.length];
    }

    /** Posts all of them; to be called once. */
    Latencies run() {
        vertx.runOnContext(started -> {
            begin = System.nanoTime();
            vertx.setPeriodic(1, tick -> postDue());
        });
        return Waiting.await(Future.fromCompletionStage(done));
    }

    private void postDue() {
        var seconds = (System.nanoTime() - begin) / 1e9;
        while (due < requests.length && due <= seconds * perSecond && !done.isDone()) {
            post(due++);
        }
    }

    private void post(int number) {
        var dueNanos = begin + (long) (number / perSecond * 1e9);
        connection()
                .compose(connection -> connection.send(requests[number]).onSuccess(status -> idle.add(connection)))
                .onSuccess(status -> answered(number, dueNanos, status))
                .onFailure(done::completeExceptionally);
    }

    private Future<PostConnection> connection() {
        var free = idle.poll();
        if (free != null) {
            return Future.succeededFuture(free);
        }
        return ++clients > MOST_CLIENTS
                ? Future.failedFuture("more than " + MOST_CLIENTS + " documents wait to be visible")
                : PostConnection.open(client, port);
    }

    private void answered(int number, long dueNanos, int status) {
        nanos[number] = System.nanoTime() - dueNanos;
        if (status != ENDED) {
            done.completeExceptionally(new IllegalStateException("a job had not ended when the wait was over"));
        } else if (++ended == requests.length) {
            done.complete(Latencies.of(nanos));
        }
    }

    @Override
    public void close() {
        Waiting.await(client.close());
        Waiting.await(vertx.close());
    }
}
