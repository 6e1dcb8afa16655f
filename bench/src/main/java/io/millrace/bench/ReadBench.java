package io.millrace.bench;

import io.millrace.Pod;
import io.millrace.stream.ComputePool;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What statistics cost to read over a small and a large graph: two pods, each over a database of its own, are asked by turns, so
 * that whatever else the machine does meets both.
 */
final class ReadBench {

    static final int SMALL = 1_000;

    private static final String SMALL_DATABASE = "bench_small";
    private static final String LARGE_DATABASE = "bench_large";

    /** Of each route, before anything is measured. */
    private static final int WARM_UP = 500;

    /** Rows and indexes of an entity and a relationship, and their WAL. */
    private static final long DISK_BYTES_AN_ENTITY = 4_000;

    private static final List<String> PATHS = List.of(
            "/v1/graph/stats",
            "/v1/graph/types",
            "/v1/graph/degrees",
            "/v1/graph/entities/top?limit=100",
            "/v1/graph/stats/history?step=hour",
            "/v1/graph/growth?step=hour");

    private final BenchServer server;
    private final Settings settings;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** @param large entities of the large graph */
    record Settings(int partitions, int large, int requests) {}

    /** Milliseconds. */
    record Latency(double p50, double p99) {
        static Latency of(long[] nanos) {
            var sorted = nanos.clone();
            Arrays.sort(sorted);
            return new Latency(at(sorted, 0.50), at(sorted, 0.99));
        }

        private static double at(long[] sorted, double part) {
            return sorted[Math.min(sorted.length - 1, (int) (sorted.length * part))] / 1e6;
        }
    }

    /** A route over both graphs. */
    record Route(String path, Latency small, Latency large) {
        double ratio() {
            return large.p99() / small.p99();
        }
    }

    ReadBench(BenchServer server, Settings settings) {
        this.server = server;
        this.settings = settings;
    }

    List<Route> run() throws SQLException, InterruptedException, IOException {
        server.requireFree(DISK_BYTES_AN_ENTITY * settings.large());
        try {
            var small = start(SMALL_DATABASE, SMALL);
            try {
                var large = start(LARGE_DATABASE, settings.large());
                try {
                    return measure(small, large);
                } finally {
                    large.pod.stop();
                }
            } finally {
                small.pod.stop();
            }
        } finally {
            server.drop(SMALL_DATABASE);
            server.drop(LARGE_DATABASE);
        }
    }

    private record Running(Pod pod, int port) {}

    private Running start(String name, int entities) throws SQLException, InterruptedException {
        var database = server.create(name, Flow.CONNECTIONS);
        Report.progress("reads, loading %,d entities".formatted(entities));
        try (var connection = server.connect(name)) {
            LoadedGraph.load(connection, entities, settings.partitions());
        }
        server.checkpoint();
        var pod = new Pod(Flow.config(settings.partitions()), List.of(), ComputePool.HALT);
        var port = pod.listen();
        pod.start(database);
        return new Running(pod, port);
    }

    private List<Route> measure(Running small, Running large) throws IOException, InterruptedException {
        Report.progress("reads, warm-up");
        for (var path : PATHS) {
            measure(path, small, large, WARM_UP);
        }
        var routes = new ArrayList<Route>();
        for (var path : PATHS) {
            Report.progress("reads, " + path);
            routes.add(measure(path, small, large, settings.requests()));
        }
        return routes;
    }

    private Route measure(String path, Running small, Running large, int requests)
            throws IOException, InterruptedException {
        var ofSmall = new long[requests];
        var ofLarge = new long[requests];
        for (var i = 0; i < requests; i++) {
            ofSmall[i] = nanos(small, path);
            ofLarge[i] = nanos(large, path);
        }
        return new Route(path, Latency.of(ofSmall), Latency.of(ofLarge));
    }

    private long nanos(Running running, String path) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + running.port() + path))
                .build();
        var began = System.nanoTime();
        var response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        var took = System.nanoTime() - began;
        if (response.statusCode() != 200) {
            throw new IllegalStateException(
                    path + ": " + new String(response.body(), java.nio.charset.StandardCharsets.UTF_8));
        }
        return took;
    }
}
