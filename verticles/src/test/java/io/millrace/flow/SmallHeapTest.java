package io.millrace.flow;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process with a heap of 256 MiB under loads that are several times as large; it ends at its first OutOfMemoryError. */
class SmallHeapTest {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int LARGE_CHARS = 15 << 20;
    /** Tokens of a word without an end take long to count. */
    private static final int UNBROKEN_CHARS = 5 << 20;

    private static final List<String> WORDS = List.of(
            "Grace Hopper",
            "a compiler",
            "London",
            "the winter",
            "rivers",
            "wrote",
            "met",
            "harbour",
            "ran past",
            "engines",
            "music");

    /** A machine that does other work too must not make a slow batch of a large one. */
    private static final Map<String, String> SETTINGS =
            Map.of("MILLRACE_INGEST_MAX_OPEN_BYTES_PER_WORKSPACE", "0", "MILLRACE_GROUPS_DEADLINE", "10m");

    @TempDir
    private Path folder;

    private final TestDatabase database = TestDatabase.create();
    private final Rows rows = new Rows(database);
    private final Queue<UUID> acknowledged = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger refused = new AtomicInteger();

    @AfterEach
    void close() {
        rows.close();
        database.close();
    }

    @Test
    void noLoadIsTooMuch() throws InterruptedException {
        try (var process = ServeProcess.start("small", database, SETTINGS, folder)) {
            await().atMost(PATIENCE).until(() -> process.address().isPresent());
            var base = process.address().orElseThrow();
            var clients = clients(base);
            var reading = new AtomicBoolean(true);
            var readers = IntStream.range(0, 16)
                    .mapToObj(reader -> start(() -> read(base, reader, reading)))
                    .toList();
            for (var client : clients) {
                client.join();
            }
            Drained.await(rows, PATIENCE);
            reading.set(false);
            for (var reader : readers) {
                reader.join();
            }

            System.out.printf(
                    "%d documents of %s acknowledged, %d requests refused for now%n",
                    acknowledged.size(),
                    rows.list("select pg_size_pretty(sum(size_bytes)) from jobs.job_status")
                            .getFirst(),
                    refused.get());
            assertThat(failures).isEmpty();
            assertThat(rows.list("select id from jobs.job_status where status = 'completed'").stream()
                            .map(UUID::fromString))
                    .containsAll(acknowledged);
            assertThat(rows.list("select error_message from jobs.job_status where status = 'failed'"))
                    .isEmpty();
            assertThat(process.log()).noneMatch(line -> line.contains("OutOfMemoryError"));
            assertThat(process.terminate()).isZero();
        }
    }

    private Thread start(Runnable client) {
        return Thread.ofVirtual()
                .uncaughtExceptionHandler((thread, thrown) -> failures.add(thrown))
                .start(client);
    }

    private List<Thread> clients(URI base) {
        var clients = new ArrayList<Thread>();
        for (var i = 0; i < 8; i++) {
            var name = "large-" + i;
            var content = content(i);
            clients.add(start(() ->
                    postUntilAccepted(base, name, () -> document(name, content).encode())));
        }
        for (var i = 0; i < 6; i++) {
            var name = "array-" + i;
            clients.add(start(() -> postUntilAccepted(base, name, () -> array(name))));
        }
        for (var i = 0; i < 6; i++) {
            var name = "stream-" + i;
            clients.add(start(() -> stream(base, name)));
        }
        return clients;
    }

    /** Three are as large as they may be, each in another way; the others come many at a time. */
    private static String content(int number) {
        return switch (number) {
            case 0 -> prose(number, LARGE_CHARS);
            case 1 -> "漢Ж".repeat(LARGE_CHARS / 5);
            case 2 -> prose(number, UNBROKEN_CHARS).replace(" ", "").replace("\n", "");
            default -> prose(number, 3 << 20);
        };
    }

    /** Words that compress to a tenth, and no further. */
    private static String prose(long seed, int characters) {
        var random = new Random(seed);
        var text = new StringBuilder(characters + 200);
        while (text.length() < characters) {
            for (var i = 0; i < 12; i++) {
                text.append(WORDS.get(random.nextInt(WORDS.size()))).append(' ');
            }
            text.append(random.nextInt(1_000_000)).append(random.nextInt(5) == 0 ? ".\n\n" : ". ");
        }
        return text.toString();
    }

    /** With an extraction of its own when it is large: finding names in all of them would take minutes, and little memory. */
    private static JsonObject document(String uri, String content) {
        var document = new JsonObject().put("source_uri", uri).put("content", content);
        return content.length() < 100_000 ? document : document.put("entities", new JsonArray());
    }

    private static String array(String name) {
        return IntStream.range(0, 1_000)
                .mapToObj(i -> document(name + "/" + i, prose(i, 2_500)).encode())
                .collect(Collectors.joining(",", "[", "]"));
    }

    private interface Body {
        String text();
    }

    private void postUntilAccepted(URI base, String workspace, Body body) {
        var client = new DoorClient(base, workspace);
        var compressed = workspace.hashCode() % 2 == 0;
        while (true) {
            var answer = compressed
                    ? client.post(
                            "/v1/documents",
                            DoorClient.gzip(body.text()),
                            "Content-Type",
                            "application/json",
                            "Content-Encoding",
                            "gzip")
                    : client.post("/v1/documents", body.text().getBytes(UTF_8), "Content-Type", "application/json");
            if (answer.status() == 202) {
                answer.jobIds().forEach(id -> acknowledged.add(UUID.fromString(id)));
                return;
            }
            assertThat(answer.status()).as(answer.body()).isIn(429, 503);
            refused.incrementAndGet();
            pause(Long.parseLong(answer.header("Retry-After")));
        }
    }

    /** Lines that are refused are sent again. */
    private void stream(URI base, String workspace) {
        var client = new DoorClient(base, workspace);
        var lines = IntStream.range(0, 40)
                .mapToObj(i -> document(workspace + "/" + i, prose(i, i % 10 == 0 ? 1_500_000 : 1_600))
                        .encode())
                .toList();
        while (!lines.isEmpty()) {
            var answer = client.post(
                    "/v1/documents", String.join("\n", lines).getBytes(UTF_8), "Content-Type", "application/x-ndjson");
            assertThat(answer.status()).as(answer.body()).isIn(200, 429, 503);
            var left = new ArrayList<String>();
            if (answer.status() == 200) {
                var results = answer.body().lines().map(JsonObject::new).toList();
                for (var i = 0; i < lines.size(); i++) {
                    if (results.get(i).getInteger("status") == 202) {
                        acknowledged.add(UUID.fromString(results.get(i).getString("job_id")));
                    } else {
                        assertThat(results.get(i).getInteger("status"))
                                .as(results.get(i).encode())
                                .isIn(429, 503);
                        left.add(lines.get(i));
                    }
                }
            } else {
                left.addAll(lines);
            }
            lines = left;
            if (!lines.isEmpty()) {
                refused.incrementAndGet();
                pause(2);
            }
        }
    }

    /** Pages of the topics, the largest records among them, and documents. */
    private void read(URI base, int reader, AtomicBoolean reading) {
        var client = new DoorClient(base, "large-" + reader % 3);
        while (reading.get()) {
            for (var path : List.of(
                    "/v1/topics/documents/records?limit=1000&partition=" + reader % 8,
                    "/v1/topics/mentions/records?limit=1000&partition=" + reader % 8,
                    "/v1/documents?source_uri=large-" + reader % 3,
                    "/v1/graph/export")) {
                var answer = client.get(path, "*/*");
                assertThat(answer.status()).as(path + ": " + answer.body()).isIn(200, 404, 429, 503);
            }
        }
    }

    private static void pause(long seconds) {
        new CompletableFuture<Void>()
                .completeOnTimeout(null, seconds, TimeUnit.SECONDS)
                .join();
    }
}
