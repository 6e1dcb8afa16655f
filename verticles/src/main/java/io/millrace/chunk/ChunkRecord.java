package io.millrace.chunk;

import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.Header;
import io.millrace.stream.ProducerRecord;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A record of topic {@code chunks}: a chunk of a document's current version, whose text is in {@code jobs.chunks}. Keyed
 * as the document is.
 *
 * @param at when the document was accepted
 * @param afterFailure whether the version before has failed: mentions of a chunk that was extracted then may have been lost,
 *     and have to be sent on again
 */
public record ChunkRecord(
        String workspace,
        UUID jobId,
        UUID chunkId,
        @Nullable String title,
        Instant at,
        boolean afterFailure) {

    /** Chunks of common size are bounded by how many of them a batch may hold. */
    private static final int MANY_BYTES = 16 << 10;

    /** @param bytes of what is stored of the chunk, and loaded by whoever works on it */
    ProducerRecord toRecord(String key, int bytes) {
        var json = new JsonObject()
                .put("job", jobId.toString())
                .put("chunk", chunkId.toString())
                .put("workspace", workspace)
                .put("at", at.toString());
        if (afterFailure) {
            json.put("after_failure", true);
        }
        if (title != null) {
            json.put("title", title);
        }
        var record = ProducerRecord.of(key, json.toBuffer());
        return bytes > MANY_BYTES ? record.with(Header.loads(bytes)) : record;
    }

    public static ChunkRecord read(ConsumerRecord record) {
        var json = new JsonObject(Buffer.buffer(record.requiredValue().getBytes()));
        return new ChunkRecord(
                json.getString("workspace"),
                UUID.fromString(json.getString("job")),
                UUID.fromString(json.getString("chunk")),
                json.getString("title"),
                Instant.parse(json.getString("at")),
                json.getBoolean("after_failure", false));
    }
}
