package io.millrace.rebuild;

import io.millrace.extract.Mention;
import io.millrace.extract.SentMentions;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A chunk that was sent on to the graph, as it is stored.
 *
 * @param overlap what it repeats of the chunk before
 * @param cached the extraction that was sent on; null when that was the supplied one
 */
record SentChunk(
        UUID chunkId,
        String workspace,
        Instant at,
        String overlap,
        @Nullable String cached,
        @Nullable String supplied) {

    List<Mention> mentions() {
        return SentMentions.of(workspace, chunkId, at, overlap.length(), cached, supplied);
    }
}
