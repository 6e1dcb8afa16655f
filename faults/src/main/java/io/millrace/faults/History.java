package io.millrace.faults;

import io.vertx.core.json.JsonObject;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Every attempt to post a document, written to a file before it is made and again when its outcome is known. One that was
 * invoked and has no outcome is unknown. What was posted follows from seed, source and version. Thread-safe.
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

    private static final String ID = "attempt-";

    /** By the number in their ids. */
    private final List<Attempt> attempts = new ArrayList<>();

    private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
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
                    var id = ID + attempts.size();
                    attempts.add(new Attempt(id, document, Outcome.UNKNOWN, null));
                    outcomes.merge(Outcome.UNKNOWN, 1L, Long::sum);
                    write(new JsonObject()
                            .put("attempt", id)
                            .put("invoked", how)
                            .put("source_uri", document.sourceUri())
                            .put("version", document.version()));
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
        var place = Integer.parseInt(id.substring(ID.length()));
        var before = attempts.get(place);
        attempts.set(place, new Attempt(before.id(), before.document(), outcome, job));
        outcomes.merge(before.outcome(), -1L, Long::sum);
        outcomes.merge(outcome, 1L, Long::sum);
        var line = new JsonObject()
                .put("attempt", id)
                .put("outcome", outcome.name().toLowerCase(Locale.ROOT))
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

    synchronized Attempt attempt(String id) {
        return attempts.get(Integer.parseInt(id.substring(ID.length())));
    }

    synchronized Collection<Attempt> attempts() {
        return List.copyOf(attempts);
    }

    synchronized long count(Outcome outcome) {
        return outcomes.getOrDefault(outcome, 0L);
    }

    @Override
    public synchronized void close() throws IOException {
        file.close();
    }
}
