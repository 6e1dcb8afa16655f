package io.millrace.extract;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a chunk contributes to the graph: its extraction, gathered by entity and relationship. A mention counts only where
 * it begins in the chunk's own part; what begins in the overlap is the chunk's before.
 */
final class ChunkMentions {

    private final String workspace;
    private final UUID chunkId;
    private final Instant at;
    private final Map<String, UUID> entityIds = new HashMap<>();
    private final Map<UUID, EntityVotes> entities = new TreeMap<>();
    private final Map<UUID, RelationshipVotes> relationships = new TreeMap<>();

    private ChunkMentions(String workspace, UUID chunkId, Instant at) {
        this.workspace = workspace;
        this.chunkId = chunkId;
        this.at = at;
    }

    /**
     * What the chunk says about each entity, a list an entity.
     *
     * @param ownStart where, in UTF-16 units, the chunk's own part begins
     */
    static List<List<Mention>> of(String workspace, UUID chunkId, Instant at, int ownStart, Extraction extraction) {
        var mentions = new ChunkMentions(workspace, chunkId, at);
        for (var entity : extraction.entities()) {
            if (isOwn(entity.start(), ownStart)) {
                mentions.add(entity);
            }
        }
        for (var relationship : extraction.relationships()) {
            if (isOwn(relationship.start(), ownStart)) {
                mentions.add(relationship);
            }
        }
        return mentions.byEntity();
    }

    private static boolean isOwn(int start, int ownStart) {
        return start < 0 || start >= ownStart;
    }

    private void add(EntityMention mention) {
        entities.computeIfAbsent(entityId(mention.name()), id -> new EntityVotes())
                .add(mention.name(), mention.type(), mention.description(), mention.confidence());
    }

    private void add(RelationshipMention mention) {
        var source = end(mention.source(), mention.confidence());
        var target = end(mention.target(), mention.confidence());
        relationships
                .computeIfAbsent(
                        GraphIds.relationship(source, target, mention.type()),
                        id -> new RelationshipVotes(source, target, mention.type()))
                .add(mention.description(), mention.confidence());
    }

    /** The entity at an end; one that nobody listed is there all the same, without a vote for a type. */
    private UUID end(String name, double confidence) {
        var id = entityId(name);
        if (!entities.containsKey(id)) {
            var implied = new EntityVotes();
            implied.add(name, null, null, confidence);
            entities.put(id, implied);
        }
        return id;
    }

    /** Relationships name the entities that were listed: folding and hashing each name once is a third of the work. */
    private UUID entityId(String name) {
        return entityIds.computeIfAbsent(name, added -> GraphIds.entity(workspace, added));
    }

    private List<List<Mention>> byEntity() {
        var mentions = new TreeMap<UUID, List<Mention>>();
        entities.forEach((id, votes) -> {
            var ofEntity = new ArrayList<Mention>();
            ofEntity.add(votes.mention(this, id));
            mentions.put(id, ofEntity);
        });
        relationships.forEach((id, votes) -> {
            of(mentions, votes.source).add(votes.mention(this, id));
            of(mentions, votes.target).add(new Mention.OfEnd(workspace, chunkId, id, votes.target, at));
        });
        return List.copyOf(mentions.values());
    }

    /** There is one for each end of a relationship: see {@link #end}. */
    private static List<Mention> of(Map<UUID, List<Mention>> mentions, UUID entityId) {
        return Objects.requireNonNull(mentions.get(entityId));
    }

    private static final class EntityVotes {
        private final Votes names = new Votes();
        private final Votes types = new Votes();
        private final Votes descriptions = new Votes();
        private double confidence;
        private int occurrences;

        void add(String name, @Nullable String type, @Nullable String description, double toldConfidence) {
            names.add(name);
            types.add(type);
            descriptions.add(description);
            confidence = Math.max(confidence, toldConfidence);
            occurrences++;
        }

        Mention mention(ChunkMentions chunk, UUID id) {
            return new Mention.OfEntity(
                    chunk.workspace,
                    chunk.chunkId,
                    id,
                    names.winner(),
                    types.winnerOrNull(),
                    descriptions.winnerOrNull(),
                    Confidence.evidence(confidence),
                    occurrences,
                    chunk.at);
        }
    }

    private static final class RelationshipVotes {
        private final UUID source;
        private final UUID target;
        private final String type;
        private final Votes descriptions = new Votes();
        private double confidence;

        RelationshipVotes(UUID source, UUID target, String type) {
            this.source = source;
            this.target = target;
            this.type = type;
        }

        void add(@Nullable String description, double toldConfidence) {
            descriptions.add(description);
            confidence = Math.max(confidence, toldConfidence);
        }

        Mention mention(ChunkMentions chunk, UUID id) {
            return new Mention.OfRelationship(
                    chunk.workspace,
                    chunk.chunkId,
                    id,
                    source,
                    target,
                    type,
                    descriptions.winnerOrNull(),
                    Confidence.evidence(confidence),
                    chunk.at);
        }
    }

    /** Votes within one chunk: most votes win, the smaller text on a tie. */
    private static final class Votes {
        private final Map<String, Integer> counts = new TreeMap<>();

        void add(@Nullable String value) {
            if (value != null) {
                counts.merge(value, 1, Integer::sum);
            }
        }

        @Nullable
        String winnerOrNull() {
            String winner = null;
            var most = 0;
            for (var count : counts.entrySet()) {
                if (count.getValue() > most) {
                    winner = count.getKey();
                    most = count.getValue();
                }
            }
            return winner;
        }

        String winner() {
            var winner = winnerOrNull();
            if (winner == null) {
                throw new IllegalStateException("nobody voted");
            }
            return winner;
        }
    }
}
