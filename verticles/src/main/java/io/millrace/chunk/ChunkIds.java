package io.millrace.chunk;

import io.millrace.pg.NameUuid;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Ids of the chunks of one version: from document, text and, where the same comes again, how often it came before. */
final class ChunkIds {

    private static final UUID CHUNKS = UUID.fromString("5a0c7c3e-6d5b-5f0e-9f3b-7d1b6f0a2c02");

    private final UUID documentId;
    private final Map<UUID, Integer> occurrences = new HashMap<>();

    ChunkIds(UUID documentId) {
        this.documentId = documentId;
    }

    UUID next(String content, int overlap, @Nullable String supplied) {
        var base = NameUuid.v5(
                CHUNKS, documentId.toString(), content, Integer.toString(overlap), supplied == null ? "" : supplied);
        var occurrence = occurrences.merge(base, 1, Integer::sum) - 1;
        return occurrence == 0 ? base : NameUuid.v5(base, Integer.toString(occurrence));
    }
}
