package io.millrace.faults;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Posts documents at a fixed rate, whatever the answers take, as a client behind a balancer does that knows addresses and
 * nothing else: what one pod does not take goes to the next one, after the time that it was asked to wait.
 */
final class SteadyLoad implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(20);

    /**
     * A document and how it went.
     *
     * @param job null when nobody took it
     * @param tries requests that it took
     */
    record Posted(
            Instant at,
            Duration answered,
            int tries,
            @Nullable UUID job,
            @Nullable String lastFailure) {}

    private final IngestClient client = new IngestClient();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("steady-load").factory());
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger turn = new AtomicInteger();
    private final Queue<Posted> posted = new ConcurrentLinkedQueue<>();
    private final DocumentGenerator generator;
    private final Supplier<List<URI>> addresses;
    private final ScheduledFuture<?> beats;

    /** @param addresses where pods listen, or listened when they were last heard of */
    SteadyLoad(long seed, int perSecond, Supplier<List<URI>> addresses) {
        this.generator = new DocumentGenerator(seed);
        this.addresses = addresses;
        this.beats = clock.scheduleAtFixedRate(
                () -> workers.execute(this::post), 0, TimeUnit.SECONDS.toNanos(1) / perSecond, TimeUnit.NANOSECONDS);
    }

    private void post() {
        var document = generator.next(1).getFirst();
        if (document.poison()) {
            return;
        }
        var at = Instant.now();
        var began = System.nanoTime();
        var first = turn.getAndIncrement();
        @Nullable String failure = null;
        for (var tries = 1; ; tries++) {
            var pods = addresses.get();
            var address = pods.get(Math.floorMod(first + tries - 1, pods.size()));
            switch (attempt(address, document)) {
                case Answer.Taken(var job) -> {
                    posted.add(new Posted(at, since(began), tries, job, failure));
                    return;
                }
                case Answer.Again(var why, var after) -> {
                    failure = why;
                    Waiting.pass(after);
                }
                case Answer.Never(var why) -> {
                    posted.add(new Posted(at, since(began), tries, null, why));
                    return;
                }
            }
            if (since(began).compareTo(PATIENCE) > 0) {
                posted.add(new Posted(at, since(began), tries, null, failure));
                return;
            }
        }
    }

    private sealed interface Answer {
        record Taken(UUID job) implements Answer {}

        record Again(String why, Duration after) implements Answer {}

        record Never(String why) implements Answer {}
    }

    private Answer attempt(URI address, KnownDocument document) {
        try {
            return answer(client.post(address, document.json("").encode(), TIMEOUT));
        } catch (IOException e) {
            // Whether it was stored or not: the same content again changes nothing.
            return new Answer.Again(e.toString(), PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer.Never("interrupted");
        }
    }

    private static Answer answer(HttpResponse<String> response) {
        var status = response.statusCode();
        if (status == 202) {
            return new Answer.Taken(IngestClient.jobs(response).getFirst());
        }
        var after = response.headers()
                .firstValue("Retry-After")
                .map(Long::parseLong)
                .map(Duration::ofSeconds);
        return status == 429 || status >= 500
                ? new Answer.Again(status + " " + response.body(), after.orElse(PAUSE))
                : new Answer.Never(status + " " + response.body());
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    /** Posts no more, waits for the answers that are still to come, and gives everything that was posted. */
    List<Posted> stop() throws InterruptedException {
        beats.cancel(false);
        clock.shutdown();
        workers.shutdown();
        if (!workers.awaitTermination(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("posts did not end");
        }
        return List.copyOf(posted);
    }

    @Override
    public void close() {
        clock.shutdownNow();
        workers.shutdownNow();
        client.close();
    }
}
