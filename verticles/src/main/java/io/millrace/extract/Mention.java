package io.millrace.extract;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What one chunk contributes to one entity or relationship. Those of a chunk and an owner travel as one record, keyed by the
 * owner, so that one pod at a time writes an entity's row.
 */
public sealed interface Mention {

    String workspace();

    UUID chunkId();

    /** The entity whose owner folds this mention. */
    UUID owner();

    /** When the document was accepted. */
    Instant at();

    /**
     * The chunk mentions an entity.
     *
     * @param type null when nobody told: the mention then casts no vote for a type
     * @param evidence see {@link Confidence}
     */
    record OfEntity(
            String workspace,
            UUID chunkId,
            UUID entityId,
            String name,
            @Nullable String type,
            @Nullable String description,
            int evidence,
            int occurrences,
            Instant at)
            implements Mention {
        @Override
        public UUID owner() {
            return entityId;
        }
    }

    /** The chunk says that a relationship holds; goes to the owner of its source. */
    record OfRelationship(
            String workspace,
            UUID chunkId,
            UUID relationshipId,
            UUID sourceId,
            UUID targetId,
            String type,
            @Nullable String description,
            int evidence,
            Instant at)
            implements Mention {
        @Override
        public UUID owner() {
            return sourceId;
        }
    }

    /** The same, for the owner of its target, who keeps that entity's degree. */
    record OfEnd(String workspace, UUID chunkId, UUID relationshipId, UUID targetId, Instant at) implements Mention {
        @Override
        public UUID owner() {
            return targetId;
        }
    }
}
