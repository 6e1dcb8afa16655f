package io.millrace.faults;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Posts documents to whichever pods are ready, alone, as arrays and as NDJSON, writes down what it was told, and posts
 * again what was not acknowledged. Now and then a request has a document that is bad, or goes to all pods at once.
 */
final class Poster implements AutoCloseable {

    private static final int THREADS = 3;
    private static final int MAX_DOCUMENTS = 12;
    private static final Duration TIMEOUT = Duration.ofSeconds(4);
    /** Half a thousand documents wait for one another, and for a server that recovers. */
    private static final Duration STREAM_TIMEOUT = Duration.ofSeconds(15);

    private static final Duration PAUSE = Duration.ofMillis(200);

    private final IngestClient client = new IngestClient();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final Queue<KnownDocument> again = new ConcurrentLinkedQueue<>();
    private final DocumentGenerator generator;
    private final History history;
    private final Supplier<List<URI>> ready;
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private volatile boolean stopping;

    Poster(long seed, History history, Supplier<List<URI>> ready) {
        this(seed, new DocumentGenerator(seed), history, ready);
    }

    Poster(long seed, DocumentGenerator generator, History history, Supplier<List<URI>> ready) {
        this.generator = generator;
        this.history = history;
        this.ready = ready;
        var random = new Random(seed);
        for (var i = 0; i < THREADS; i++) {
            var own = new Random(random.nextLong());
            workers.execute(() -> work(own));
        }
    }

    private void work(Random random) {
        unlessItFails(() -> postOn(random));
    }

    private void unlessItFails(Runnable posting) {
        try {
            posting.run();
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }

    /**
     * Posts one NDJSON stream after the other, as fast as the pods take them, and comes back no earlier than they ask for,
     * besides what is posted anyway.
     *
     * @param streams how many at a time
     * @param documents in each
     */
    void flood(long seed, int streams, int documents) {
        var random = new Random(seed);
        for (var i = 0; i < streams; i++) {
            var own = new Random(random.nextLong());
            workers.execute(() -> unlessItFails(() -> flood(own, documents)));
        }
    }

    private void flood(Random random, int documents) {
        while (!stopping) {
            var addresses = ready.get();
            var wait = addresses.isEmpty()
                    ? PAUSE
                    : postLines(addresses.get(random.nextInt(addresses.size())), documents(documents), STREAM_TIMEOUT);
            Waiting.until(wait, () -> stopping);
        }
    }

    private void postOn(Random random) {
        while (!stopping) {
            var addresses = ready.get();
            if (!addresses.isEmpty()) {
                var address = addresses.get(random.nextInt(addresses.size()));
                post(address, documents(1 + random.nextInt(MAX_DOCUMENTS)), random);
            }
            Waiting.pass(PAUSE.multipliedBy(1 + random.nextInt(3)).dividedBy(2));
        }
    }

    private List<KnownDocument> documents(int count) {
        var documents = new ArrayList<KnownDocument>();
        while (documents.size() < count && !again.isEmpty()) {
            var next = again.poll();
            if (next != null) {
                documents.add(next);
            }
        }
        documents.addAll(generator.next(count - documents.size()));
        return documents;
    }

    private void post(URI address, List<KnownDocument> documents, Random random) {
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> documents.forEach(document -> postWhole(address, "alone", List.of(document)));
            case 3, 4, 5 -> postWhole(address, "array", documents);
            case 6, 7, 8 -> postLines(address, documents, TIMEOUT);
            default -> postBad(address, documents);
        }
    }

    /** Sends one document to every pod at the same time; gives how many said that they had stored it. */
    int postEverywhere() {
        var document = generator.next(1);
        var before = history.attempts().size();
        var posts = ready.get().stream()
                .map(address -> workers.submit(() -> postWhole(address, "everywhere", document)))
                .toList();
        for (var post : posts) {
            try {
                post.get(2 * TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            } catch (Exception e) {
                // Written down as unknown when it was invoked.
            }
        }
        return (int) history.attempts().stream()
                .skip(before)
                .filter(attempt -> attempt.document().equals(document.getFirst()))
                .filter(attempt -> attempt.outcome() == History.Outcome.OK)
                .count();
    }

    /** Sends one document to one pod; gives its job where it was stored. */
    Optional<UUID> postTo(URI address) {
        var ids = postWhole(address, "to one pod", generator.next(1));
        return Optional.ofNullable(history.attempt(ids.getFirst()).job());
    }

    /** Sends a document that a processor never ends with to a pod that is ready; false when it surely was not stored. */
    boolean postEndlessLoop() {
        var address = ready.get().stream().findAny();
        if (address.isEmpty()) {
            return false;
        }
        var ids = postWhole(address.get(), "endless", List.of(generator.endless()));
        return history.attempt(ids.getFirst()).outcome() != History.Outcome.FAILED;
    }

    /** Gives the ids of the attempts. */
    private List<String> postWhole(URI address, String how, List<KnownDocument> documents) {
        var ids = history.invoked(how, documents);
        var bodies = KnownDocument.json(documents, ids);
        var body = how.equals("array")
                ? IngestClient.array(bodies)
                : bodies.getFirst().encode();
        try {
            var response = client.post(address, body, TIMEOUT);
            if (response.statusCode() == 202) {
                var jobs = IngestClient.jobs(response);
                IntStream.range(0, ids.size()).forEach(i -> history.ok(ids.get(i), jobs.get(i)));
            } else {
                refused(response.statusCode(), documents, ids);
            }
        } catch (IOException | DecodeException e) {
            broken(e, documents, ids);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return ids;
    }

    /** What has been answered counts, also when the rest of the answer does not come. Gives how long not to come back. */
    private Duration postLines(URI address, List<KnownDocument> documents, Duration timeout) {
        var ids = history.invoked("ndjson", documents);
        var answered = 0;
        var wait = Duration.ZERO;
        try {
            var response = client.stream(address, KnownDocument.json(documents, ids), timeout);
            try (var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                if (response.statusCode() != 200) {
                    refused(response.statusCode(), documents, ids);
                    return Duration.ofSeconds(
                            response.headers().firstValueAsLong("Retry-After").orElse(PAUSE.toSeconds() + 1));
                }
                for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                    var asked = answer(new JsonObject(line), documents.get(answered), ids.get(answered));
                    wait = asked.compareTo(wait) > 0 ? asked : wait;
                    answered++;
                }
            }
            if (answered < documents.size()) {
                throw new IOException("the answer ends early");
            }
        } catch (IOException | DecodeException e) {
            broken(e, documents.subList(answered, documents.size()), ids.subList(answered, ids.size()));
            return PAUSE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return wait;
    }

    private Duration answer(JsonObject line, KnownDocument document, String id) {
        var status = line.getInteger("status");
        if (status == 202) {
            history.ok(id, UUID.fromString(line.getString("job_id")));
            return Duration.ZERO;
        }
        refused(status, List.of(document), List.of(id));
        var problem = line.getJsonObject("problem", new JsonObject());
        return Duration.ofSeconds(problem.getLong("retry_after_seconds", 0L));
    }

    /** An array whose last document has no text: none of them may be stored. */
    private void postBad(URI address, List<KnownDocument> documents) {
        var ids = history.invoked("array with a bad one", documents);
        var bodies = new ArrayList<>(KnownDocument.json(documents, ids));
        bodies.add(new JsonObject().put("source_uri", "bad"));
        try {
            var response = client.post(address, IngestClient.array(bodies), TIMEOUT);
            refused(response.statusCode(), documents, ids);
        } catch (IOException e) {
            broken(e, documents, ids);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void refused(int status, List<KnownDocument> documents, List<String> ids) {
        if (status < 400) {
            throw new IllegalStateException("what should have been refused was answered with " + status);
        }
        notAcknowledged(documents, ids, IngestClient.saysNothingStored(status), Integer.toString(status));
    }

    private void broken(Exception thrown, List<KnownDocument> documents, List<String> ids) {
        notAcknowledged(documents, ids, IngestClient.neverSent(thrown), thrown.toString());
    }

    /** They are posted again, but for those on which a processor never ends, which must not come twice. */
    private void notAcknowledged(List<KnownDocument> documents, List<String> ids, boolean surelyNotStored, String why) {
        ids.forEach(id -> {
            if (surelyNotStored) {
                history.failed(id, why);
            } else {
                history.unknown(id, why);
            }
        });
        documents.stream().filter(document -> !document.endless()).forEach(again::add);
    }

    /** Posts no more, and waits for the answers that are still to come. Fails when an answer was none of the service's. */
    void stop() {
        stopping = true;
        workers.shutdown();
        try {
            if (!workers.awaitTermination(MAX_DOCUMENTS * TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                workers.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        var thrown = failure.get();
        if (thrown != null) {
            throw new IllegalStateException("posting failed", thrown);
        }
    }

    @Override
    public void close() {
        stopping = true;
        workers.shutdownNow();
        client.close();
    }
}
