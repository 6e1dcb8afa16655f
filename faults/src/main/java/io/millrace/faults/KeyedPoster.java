package io.millrace.faults;

import io.vertx.core.json.DecodeException;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Posts arrays of documents under an idempotency key, each to all pods at the same moment, and again until one of them says
 * that it is stored: all that say so must name the same jobs.
 */
final class KeyedPoster implements AutoCloseable {

    private static final int MAX_DOCUMENTS = 4;
    private static final int MAX_ROUNDS = 4;
    private static final Duration TIMEOUT = Duration.ofSeconds(4);
    private static final Duration PAUSE = Duration.ofMillis(700);

    /** What one pod said, or that nobody knows what it did. */
    private record Answer(boolean nothingStored, List<UUID> jobs) {

        static final Answer UNKNOWN = new Answer(false, List.of());
        static final Answer NOTHING_STORED = new Answer(true, List.of());
    }

    private final IngestClient client = new IngestClient();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final Random random;
    private final DocumentGenerator generator;
    private final History history;
    private final Supplier<List<URI>> ready;
    private final Future<?> posting;
    private volatile boolean stopping;

    KeyedPoster(long seed, DocumentGenerator generator, History history, Supplier<List<URI>> ready) {
        this.random = new Random(seed + 1);
        this.generator = generator;
        this.history = history;
        this.ready = ready;
        this.posting = workers.submit(this::work);
    }

    private void work() {
        while (!stopping) {
            if (!ready.get().isEmpty()) {
                post(generator.next(1 + random.nextInt(MAX_DOCUMENTS)));
            }
            Waiting.until(PAUSE, () -> stopping);
        }
    }

    private void post(List<KnownDocument> documents) {
        var ids = history.invoked("keyed", documents);
        var body = IngestClient.array(KnownDocument.json(documents, ids));
        var known = true;
        for (var round = 0; round < MAX_ROUNDS; round++) {
            var answers = everywhere(ids.getFirst(), body);
            var jobs = answers.stream()
                    .map(Answer::jobs)
                    .filter(some -> !some.isEmpty())
                    .distinct()
                    .toList();
            if (jobs.size() > 1) {
                throw new IllegalStateException("one idempotency key, and jobs " + jobs);
            }
            if (jobs.size() == 1) {
                IntStream.range(0, ids.size())
                        .forEach(i -> history.ok(ids.get(i), jobs.getFirst().get(i)));
                return;
            }
            known &= answers.stream().allMatch(Answer::nothingStored);
            Waiting.pass(PAUSE);
        }
        for (var id : ids) {
            if (known) {
                history.failed(id, "refused by all in each round");
            } else {
                history.unknown(id, "not known in any round");
            }
        }
    }

    private List<Answer> everywhere(String key, String body) {
        return ready.get().stream().map(address -> workers.submit(() -> post(address, key, body))).toList().stream()
                .map(KeyedPoster::answer)
                .toList();
    }

    private static Answer answer(Future<Answer> asked) {
        try {
            return asked.get(2 * TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Answer.UNKNOWN;
        } catch (Exception e) {
            return Answer.UNKNOWN;
        }
    }

    private Answer post(URI address, String key, String body) throws InterruptedException {
        try {
            var response = client.post(address, body, TIMEOUT, "Idempotency-Key", key);
            var status = response.statusCode();
            if (status == 202) {
                return new Answer(false, IngestClient.jobs(response));
            }
            return IngestClient.saysNothingStored(status) ? Answer.NOTHING_STORED : Answer.UNKNOWN;
        } catch (IOException | DecodeException e) {
            return IngestClient.neverSent(e) ? Answer.NOTHING_STORED : Answer.UNKNOWN;
        }
    }

    /** Posts no more, and waits for the answers that are still to come. Fails when one key had two jobs. */
    void stop() {
        stopping = true;
        // Not before the last round has been asked.
        var thrown = failure();
        workers.shutdown();
        if (thrown != null) {
            throw new IllegalStateException("posting with a key failed", thrown);
        }
    }

    private @Nullable Throwable failure() {
        try {
            posting.get(3L * MAX_ROUNDS * TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (Exception e) {
            return e;
        }
    }

    @Override
    public void close() {
        stopping = true;
        workers.shutdownNow();
        client.close();
    }
}
