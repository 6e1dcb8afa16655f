package io.millrace.extract;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    private final Map<UUID, EntityVotes> entities = new TreeMap<>();
    private final Map<UUID, RelationshipVotes> relationships = new TreeMap<>();

    private ChunkMentions(String workspace, UUID chunkId, Instant at) {
        this.workspace = workspace;
        this.chunkId = chunkId;
        this.at = at;
    }

    /** @param ownStart where, in UTF-16 units, the chunk's own part begins */
    static List<Mention> of(String workspace, UUID chunkId, Instant at, int ownStart, Extraction extraction) {
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
        return mentions.gathered();
    }

    private static boolean isOwn(int start, int ownStart) {
        return start < 0 || start >= ownStart;
    }

    private void add(EntityMention mention) {
        entities.computeIfAbsent(GraphIds.entity(workspace, mention.name()), id -> new EntityVotes())
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
        var id = GraphIds.entity(workspace, name);
        if (!entities.containsKey(id)) {
            var implied = new EntityVotes();
            implied.add(name, null, null, confidence);
            entities.put(id, implied);
        }
        return id;
    }

    private List<Mention> gathered() {
        var mentions = new ArrayList<Mention>(entities.size() + 2 * relationships.size());
        entities.forEach((id, votes) -> mentions.add(new Mention.OfEntity(
                workspace,
                chunkId,
                id,
                votes.names.winner(),
                votes.types.winnerOrNull(),
                votes.descriptions.winnerOrNull(),
                Confidence.evidence(votes.confidence),
                votes.occurrences,
                at)));
        relationships.forEach((id, votes) -> {
            mentions.add(new Mention.OfRelationship(
                    workspace,
                    chunkId,
                    id,
                    votes.source,
                    votes.target,
                    votes.type,
                    votes.descriptions.winnerOrNull(),
                    Confidence.evidence(votes.confidence),
                    at));
            mentions.add(new Mention.OfEnd(workspace, chunkId, id, votes.target, at));
        });
        return mentions;
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
