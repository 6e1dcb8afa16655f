package io.millrace.faults;

import io.vertx.core.json.JsonObject;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Every attempt to post a document, written to a file before it is made and again when its outcome is known. One that was
 * invoked and has no outcome is unknown. Thread-safe.
 */
final class History implements AutoCloseable {

    /** What the sender was told. */
    enum Outcome {
        /** 202: stored, as a job. */
        OK,
        /** 4xx, 429, 503, or no connection: nothing of it is stored. */
        FAILED,
        /** 500, 504, a broken connection, or no answer in time: nobody knows. */
        UNKNOWN
    }

    /** One attempt; the job is known when it went well. */
    record Attempt(
            String id,
            KnownDocument document,
            Outcome outcome,
            @Nullable UUID job) {}

    private final Map<String, Attempt> attempts = new LinkedHashMap<>();
    private final BufferedWriter file;

    History(Path file) {
        try {
            this.file = Files.newBufferedWriter(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ids for documents that are about to be posted in one request. */
    synchronized List<String> invoked(String how, List<KnownDocument> documents) {
        return documents.stream()
                .map(document -> {
                    var id = "attempt-" + attempts.size();
                    attempts.put(id, new Attempt(id, document, Outcome.UNKNOWN, null));
                    write(new JsonObject()
                            .put("attempt", id)
                            .put("invoked", how)
                            .put("document", document.json(id)));
                    return id;
                })
                .toList();
    }

    synchronized void ok(String id, UUID job) {
        ended(id, Outcome.OK, job, "202");
    }

    synchronized void failed(String id, String why) {
        ended(id, Outcome.FAILED, null, why);
    }

    synchronized void unknown(String id, String why) {
        ended(id, Outcome.UNKNOWN, null, why);
    }

    private void ended(String id, Outcome outcome, @Nullable UUID job, String why) {
        attempts.computeIfPresent(id, (same, attempt) -> new Attempt(id, attempt.document(), outcome, job));
        var line = new JsonObject()
                .put("attempt", id)
                .put("outcome", outcome.name().toLowerCase(java.util.Locale.ROOT))
                .put("why", why);
        write(job == null ? line : line.put("job", job.toString()));
    }

    private void write(JsonObject line) {
        try {
            file.write(line.put("at", Instant.now().toString()).encode());
            file.newLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The job of an attempt, when it went well. */
    synchronized Optional<UUID> job(String id) {
        return Optional.ofNullable(attempts.get(id)).flatMap(attempt -> Optional.ofNullable(attempt.job()));
    }

    synchronized Outcome outcome(String id) {
        return Objects.requireNonNull(attempts.get(id)).outcome();
    }

    synchronized Collection<Attempt> attempts() {
        return List.copyOf(attempts.values());
    }

    synchronized long count(Outcome outcome) {
        return attempts.values().stream()
                .filter(attempt -> attempt.outcome() == outcome)
                .count();
    }

    @Override
    public synchronized void close() throws IOException {
        file.close();
    }
}
