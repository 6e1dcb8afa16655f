package io.millrace.bench;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Clients that post one small document after the other, each over a connection of its own, and wait for the answer before
 * the next. On an event loop of their own, whose processor time is told.
 */
final class Posts implements AutoCloseable {

    /** Characters of a document's text; every document has a text and an address of its own. */
    static final int CONTENT_CHARACTERS = 1_024;

    private static final String NUMBER = "%012d";

    /** More than two cores can be asked for. */
    private static final int MOST_A_SECOND = 20_000;

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final NetClient client = vertx.createNetClient(new NetClientOptions().setTcpNoDelay(true));
    private final List<PostConnection> connections = new ArrayList<>();
    private final Duration length;
    private final Buffer[] requests;

    /**
     * What a round came to.
     *
     * @param cpuSeconds of the clients
     */
    record Round(Throughput posts, Latencies latencies, double cpuSeconds) {}

    Posts(int port, int clients, Duration length) {
        this.length = length;
        this.requests = requests((int) length.toSeconds() * MOST_A_SECOND);
        for (var i = 0; i < clients; i++) {
            connections.add(Waiting.await(PostConnection.open(client, port)));
        }
    }

    /** The body of a document. */
    static byte[] document(long number) {
        var name = NUMBER.formatted(number);
        var sentence = "Harbour " + name + " reported its tides, its ferries and the price of salt to the office in Lisbon. ";
        var content = sentence.repeat(CONTENT_CHARACTERS / sentence.length() + 1).substring(0, CONTENT_CHARACTERS);
        return "{\"source_uri\":\"https://bench.example/posts/%s\",\"content\":\"%s\"}"
                .formatted(name, content)
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Made ahead, since making one costs more than sending it. */
    private static Buffer[] requests(int count) {
        var requests = new Buffer[count];
        for (var i = 0; i < count; i++) {
            requests[i] = PostConnection.request(document(i), "");
        }
        return requests;
    }

    /** Posts until the time is over; to be called once. */
    Round run() {
        var done = new CompletableFuture<Round>();
        vertx.runOnContext(started -> new Running(done).start());
        return Waiting.await(Future.fromCompletionStage(done));
    }

    /** One round, on the event loop. */
    private final class Running {
        private final CompletableFuture<Round> done;
        private final long begin = System.nanoTime();
        private final long cpuBegin = threadCpuNanos();
        private final long[] nanos = new long[requests.length];
        private int sent;
        private int answered;

        Running(CompletableFuture<Round> done) {
            this.done = done;
        }

        void start() {
            var loops = new ArrayList<Future<Void>>();
            for (var connection : connections) {
                var ended = Promise.<Void>promise();
                post(connection, ended);
                loops.add(ended.future());
            }
            Future.all(loops).onSuccess(all -> finish()).onFailure(done::completeExceptionally);
        }

        private void post(PostConnection connection, Promise<Void> ended) {
            var now = System.nanoTime();
            if (now - begin >= length.toNanos() || sent == requests.length) {
                ended.complete();
                return;
            }
            connection
                    .send(requests[sent++])
                    .onSuccess(status -> {
                        nanos[answered++] = System.nanoTime() - now;
                        post(connection, ended);
                    })
                    .onFailure(ended::fail);
        }

        private void finish() {
            var seconds = (System.nanoTime() - begin) / 1e9;
            done.complete(new Round(
                    new Throughput(answered, seconds),
                    Latencies.of(Arrays.copyOf(nanos, answered)),
                    (threadCpuNanos() - cpuBegin) / 1e9));
        }
    }

    private static long threadCpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    @Override
    public void close() {
        connections.forEach(PostConnection::close);
        Waiting.await(client.close());
        Waiting.await(vertx.close());
    }
}
