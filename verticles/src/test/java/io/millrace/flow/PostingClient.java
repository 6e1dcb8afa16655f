package io.millrace.flow;

import static org.awaitility.Awaitility.await;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * A client that does not give up: it posts letters in one of the three ways to whichever process answers, writes down what
 * was acknowledged, and posts again whatever was not, whether it is known not to be stored or not known at all.
 */
final class PostingClient implements AutoCloseable {

    private static final int MAX_LETTERS = 25;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final List<ServeProcess> processes;
    private final Duration timeout;
    private final BooleanSupplier hasRoom;
    private final ArrayDeque<Letter> waiting;
    private final Set<UUID> acknowledged = ConcurrentHashMap.newKeySet();
    private final AtomicInteger open;
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger unknown = new AtomicInteger();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();

    /**
     * @param timeout how long an answer may take
     * @param hasRoom whether more may be posted now
     */
    PostingClient(List<ServeProcess> processes, Collection<Letter> letters, Duration timeout, BooleanSupplier hasRoom) {
        this.processes = List.copyOf(processes);
        this.timeout = timeout;
        this.hasRoom = hasRoom;
        this.waiting = new ArrayDeque<>(letters);
        this.open = new AtomicInteger(letters.size());
    }

    /** Posts from so many threads; the future completes when every letter has been acknowledged. */
    CompletableFuture<Void> start(int threads, long seed) {
        var random = new Random(seed);
        var done = new ArrayList<CompletableFuture<Void>>();
        for (var i = 0; i < threads; i++) {
            var own = new Random(random.nextLong());
            done.add(CompletableFuture.runAsync(() -> work(own), workers));
        }
        return CompletableFuture.allOf(done.toArray(CompletableFuture[]::new));
    }

    private void work(Random random) {
        while (open.get() > 0) {
            var letters = take(1 + random.nextInt(MAX_LETTERS));
            if (letters.isEmpty()) {
                // The last ones are on their way with others, who may bring them back.
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(20))
                        .until(() -> open.get() == 0 || hasWaiting());
            } else {
                await().atMost(PATIENCE)
                        .pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(20))
                        .until(() -> hasRoom.getAsBoolean() && ready().findAny().isPresent());
                post(letters, random);
            }
        }
    }

    private java.util.stream.Stream<URI> ready() {
        return processes.stream().flatMap(process -> process.address().stream());
    }

    private synchronized boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    private synchronized List<Letter> take(int count) {
        var taken = new ArrayList<Letter>();
        while (taken.size() < count && !waiting.isEmpty()) {
            taken.add(waiting.remove());
        }
        return taken;
    }

    private synchronized void giveBack(List<Letter> letters) {
        waiting.addAll(letters);
    }

    private void post(List<Letter> letters, Random random) {
        var addresses = ready().toList();
        if (addresses.isEmpty()) {
            giveBack(letters);
            return;
        }
        var address = addresses.get(random.nextInt(addresses.size()));
        switch (random.nextInt(3)) {
            case 0 -> letters.forEach(letter -> postWhole(address, letter.json().encode(), List.of(letter)));
            case 1 ->
                postWhole(
                        address,
                        new JsonArray(letters.stream().map(Letter::json).toList()).encode(),
                        letters);
            default -> postLines(address, letters);
        }
    }

    private void postWhole(URI address, String body, List<Letter> letters) {
        try {
            var response = http.send(request(address, HttpCaller.JSON, body), HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() == 202) {
                var jobs = new JsonObject(response.body()).getJsonArray("jobs");
                for (var i = 0; i < letters.size(); i++) {
                    acknowledge(jobs.getJsonObject(i).getString("id"));
                }
            } else {
                notAcknowledged(response.statusCode(), letters);
            }
        } catch (IOException e) {
            broken(e, letters);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What has been answered counts, also when the rest of the answer does not come. */
    private void postLines(URI address, List<Letter> letters) {
        var answered = 0;
        var body = letters.stream().map(letter -> letter.json().encode()).collect(Collectors.joining("\n"));
        try {
            var response =
                    http.send(request(address, HttpCaller.NDJSON, body), HttpResponse.BodyHandlers.ofInputStream());
            try (var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                if (response.statusCode() != 200) {
                    notAcknowledged(response.statusCode(), letters);
                    return;
                }
                for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                    answer(new JsonObject(line), letters.get(answered));
                    answered++;
                }
            }
            if (answered < letters.size()) {
                throw new IOException("the answer ends early");
            }
        } catch (IOException | io.vertx.core.json.DecodeException e) {
            broken(e, letters.subList(answered, letters.size()));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(JsonObject line, Letter letter) {
        var status = line.getInteger("status");
        if (status == 202) {
            acknowledge(line.getString("job_id"));
        } else {
            notAcknowledged(status, List.of(letter));
        }
    }

    private HttpRequest request(URI address, String contentType, String body) {
        return HttpRequest.newBuilder(address.resolve("/v1/documents"))
                .timeout(timeout)
                .header("Content-Type", contentType)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private void acknowledge(String job) {
        acknowledged.add(UUID.fromString(job));
        open.decrementAndGet();
    }

    private void notAcknowledged(int status, List<Letter> letters) {
        switch (status) {
            case 429, 503 -> refused.addAndGet(letters.size());
            case 500, 504 -> unknown.addAndGet(letters.size());
            default -> throw new AssertionError("an answer that nobody expects: " + status);
        }
        giveBack(letters);
    }

    private void broken(Exception e, List<Letter> letters) {
        (e instanceof ConnectException ? refused : unknown).addAndGet(letters.size());
        giveBack(letters);
    }

    /** Jobs that a process said it had accepted. */
    Set<UUID> acknowledged() {
        return acknowledged;
    }

    /** Letters that were not stored for sure, and posted again. */
    int refused() {
        return refused.get();
    }

    /** Letters of which it was not known whether they had been stored, and that were posted again. */
    int unknown() {
        return unknown.get();
    }

    @Override
    public void close() {
        workers.shutdownNow();
        http.shutdownNow();
    }
}
