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

    private static final int DIGITS = 12;
    private static final String NUMBER = "0".repeat(DIGITS);

    /** With its number in the address and in the text. */
    private static final byte[] DOCUMENT = document();

    private static final byte[] REQUEST = PostConnection.request(DOCUMENT, "").getBytes();

    private static final int IN_ADDRESS = new String(REQUEST, StandardCharsets.US_ASCII).indexOf(NUMBER);
    private static final int IN_TEXT =
            new String(REQUEST, StandardCharsets.US_ASCII).indexOf(NUMBER, IN_ADDRESS + DIGITS);

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final NetClient client = vertx.createNetClient(new NetClientOptions().setTcpNoDelay(true));
    private final List<PostConnection> connections = new ArrayList<>();
    private final Duration length;

    /**
     * What a round came to.
     *
     * @param cpuSeconds of the clients
     */
    record Round(Throughput posts, Latencies latencies, double cpuSeconds) {}

    Posts(int port, int clients, Duration length) {
        this.length = length;
        for (var i = 0; i < clients; i++) {
            connections.add(Waiting.await(PostConnection.open(client, port)));
        }
    }

    private static byte[] document() {
        var sentences = "Harbour %s reported its tides, its ferries and the price of salt to the office in Lisbon. "
                        .formatted(NUMBER)
                + "The lighthouse keeper of Cascais wrote to the harbour master about fog, and got no answer. "
                        .repeat(12);
        return "{\"source_uri\":\"https://bench.example/posts/%s\",\"content\":\"%s\"}"
                .formatted(NUMBER, sentences.substring(0, CONTENT_CHARACTERS))
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** The body of one document. */
    static byte[] sample() {
        return DOCUMENT.clone();
    }

    private static Buffer request(long number) {
        var request = REQUEST.clone();
        write(number, request, IN_ADDRESS);
        write(number, request, IN_TEXT);
        return Buffer.buffer(request);
    }

    private static void write(long number, byte[] into, int at) {
        var rest = number;
        for (var i = at + DIGITS - 1; i >= at; i--) {
            into[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
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
        private long[] nanos = new long[1 << 16];
        private long sent;
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
            if (now - begin >= length.toNanos()) {
                ended.complete();
                return;
            }
            connection
                    .send(request(sent++))
                    .onSuccess(status -> {
                        took(System.nanoTime() - now);
                        post(connection, ended);
                    })
                    .onFailure(ended::fail);
        }

        private void took(long duration) {
            if (answered == nanos.length) {
                nanos = Arrays.copyOf(nanos, 2 * answered);
            }
            nanos[answered++] = duration;
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
