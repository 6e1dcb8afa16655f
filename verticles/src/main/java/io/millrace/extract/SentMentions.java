package io.millrace.extract;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a chunk sent on to the graph, made again from what is stored of it: the same mentions, whatever extractor is
 * configured now.
 */
public final class SentMentions {

    private SentMentions() {}

    /**
     * The mentions of a chunk.
     *
     * @param at when the log took in the document that brought it first
     * @param ownStart where, in UTF-16 units, its own part begins
     * @param cached the extraction as it is in the cache; null for one whose sender supplied the extraction
     * @param supplied what the sender supplied
     */
    public static List<Mention> of(
            String workspace,
            UUID chunkId,
            Instant at,
            int ownStart,
            @Nullable String cached,
            @Nullable String supplied) {
        var extraction = cached != null
                ? ExtractionJson.read(cached)
                : supplied == null ? Extraction.EMPTY : SuppliedJson.read(supplied);
        return ChunkMentions.of(workspace, chunkId, at, ownStart, extraction).stream()
                .flatMap(List::stream)
                .toList();
    }
}
