package io.millrace.rebuild;

import io.millrace.extract.Mention;
import io.millrace.stream.Partitioner;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * The mentions of some chunks, by kind. Ends are those of the relationships, and need no list.
 *
 * @param subjects entities and relationships whose sums change with them
 */
record RebuiltMentions(
        List<SentChunk> chunks,
        List<Placed<Mention.OfEntity>> entities,
        List<Placed<Mention.OfRelationship>> relationships,
        Set<UUID> subjects) {

    /** A mention, and the partition of the graph's topic that its owner is in. */
    record Placed<M extends Mention>(M mention, int partition) {
        static <M extends Mention> Placed<M> of(M mention, int partitions) {
            // As MentionRecord has it.
            var key = Buffer.buffer(mention.workspace() + "/" + mention.owner());
            return new Placed<>(mention, Partitioner.ofKey(key, partitions));
        }
    }

    static RebuiltMentions of(List<SentChunk> chunks, int partitions) {
        var entities = new ArrayList<Placed<Mention.OfEntity>>();
        var relationships = new ArrayList<Placed<Mention.OfRelationship>>();
        var subjects = new LinkedHashSet<UUID>();
        for (var chunk : chunks) {
            for (var mention : chunk.mentions()) {
                switch (mention) {
                    case Mention.OfEntity entity -> {
                        entities.add(Placed.of(entity, partitions));
                        subjects.add(entity.entityId());
                    }
                    case Mention.OfRelationship relationship -> {
                        relationships.add(Placed.of(relationship, partitions));
                        subjects.add(relationship.relationshipId());
                    }
                    // Its entity is mentioned by the same chunk.
                    case Mention.OfEnd end -> {}
                }
            }
        }
        return new RebuiltMentions(chunks, entities, relationships, subjects);
    }
}
