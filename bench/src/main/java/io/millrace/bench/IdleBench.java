package io.millrace.bench;

import io.millrace.Pod;
import io.millrace.stream.ComputePool;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What a pod with every stage asks of PostgreSQL while there is nothing to do, without and with a client of its events. */
final class IdleBench {

    private static final String DATABASE = "bench_idle";

    /** After work, until statistics and digests of it have been told. */
    private static final Duration SETTLE = Duration.ofSeconds(5);

    private final BenchServer server;
    private final Settings settings;
    private final List<byte[]> documents;

    /** @param length how long to count */
    record Settings(int partitions, Duration length) {}

    /** Every statement that was run in so many seconds, those that run most often first. */
    record Count(double seconds, List<StatementCosts.Cost> statements) {
        double perSecond() {
            return statements.stream().mapToLong(StatementCosts.Cost::calls).sum() / seconds;
        }
    }

    record Result(Count alone, Count listenedTo) {}

    /** @param documents to have worked on before, since a pod that never did anything is no pod that has nothing to do */
    IdleBench(BenchServer server, Settings settings, List<byte[]> documents) {
        this.server = server;
        this.settings = settings;
        this.documents = documents;
    }

    Result run() throws SQLException, IOException, InterruptedException {
        var database = server.create(DATABASE, Flow.CONNECTIONS);
        var pod = new Pod(Flow.config(settings.partitions()), List.of(), ComputePool.HALT);
        var port = pod.listen();
        try (var observer = server.connect(DATABASE)) {
            pod.start(database);
            work(port, observer);
            Report.progress("idle, nobody listens");
            var alone = count();
            Report.progress("idle, a client listens to events");
            try (var client = HttpClient.newHttpClient();
                    var events = listen(client, port)) {
                var listenedTo = count();
                if (events.available() < 0) {
                    throw new IllegalStateException("the stream of events has ended");
                }
                client.shutdownNow();
                return new Result(alone, listenedTo);
            }
        } finally {
            pod.stop();
            server.drop(DATABASE);
        }
    }

    private void work(int port, Connection observer) throws SQLException {
        try (var sender = new DocumentSender()) {
            Waiting.await(sender.send(port, documents));
        }
        Waiting.until("jobs that have ended", documents.size(), () -> Flow.ended(observer));
    }

    private static InputStream listen(HttpClient client, int port) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/events"))
                .header("Accept", "text/event-stream")
                .build();
        var response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            throw new IOException("/v1/events answers " + response.statusCode());
        }
        return response.body();
    }

    private Count count() throws SQLException {
        LockSupport.parkNanos(SETTLE.toNanos());
        StatementCosts.reset(server.admin());
        var begin = System.nanoTime();
        LockSupport.parkNanos(settings.length().toNanos());
        var statements = StatementCosts.mostOften(server.admin(), DATABASE);
        return new Count((System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1), statements);
    }
}
