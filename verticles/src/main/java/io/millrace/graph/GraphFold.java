package io.millrace.graph;

import io.millrace.extract.Mention;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Folds a batch of mentions into the entities and relationships that it concerns. Each mention counts once, sums are
 * integers and ties have a rule, so any order and any split into batches give the same graph.
 */
final class GraphFold {

    private final GraphState state;
    private final Map<UUID, Entity> entities = new TreeMap<>();
    private final Map<UUID, Relationship> relationships = new TreeMap<>();
    private final Set<GraphState.End> ends;
    private final Set<GraphState.Contribution> folded;
    private final List<Mention.OfEntity> entityMentions = new ArrayList<>();
    private final List<Mention.OfRelationship> relationshipMentions = new ArrayList<>();
    private final List<Mention.OfEnd> endMentions = new ArrayList<>();

    private GraphFold(GraphState state) {
        this.state = state;
        this.ends = new HashSet<>(state.ends());
        this.folded = new HashSet<>(state.folded());
    }

    /** What a batch came to: rows to store, each list in the order of its keys, and what to tell others. */
    record Folded(
            List<Entity> entities,
            List<Relationship> relationships,
            List<Mention.OfEntity> entityMentions,
            List<Mention.OfRelationship> relationshipMentions,
            List<Mention.OfEnd> endMentions,
            List<GraphChange> changes) {}

    static Folded fold(List<Mention> mentions, GraphState state) {
        var fold = new GraphFold(state);
        for (var mention : mentions) {
            switch (mention) {
                case Mention.OfEntity entity -> fold.add(entity);
                case Mention.OfRelationship relationship -> fold.add(relationship);
                case Mention.OfEnd end -> fold.add(end);
            }
        }
        return fold.folded();
    }

    private void add(Mention.OfEntity mention) {
        if (folded.add(new GraphState.Contribution(mention.entityId(), mention.chunkId(), false))) {
            entity(mention.entityId(), mention).add(mention, state.votes());
            entityMentions.add(mention);
        }
    }

    private void add(Mention.OfRelationship mention) {
        if (!folded.add(new GraphState.Contribution(mention.relationshipId(), mention.chunkId(), false))) {
            return;
        }
        var relationship = relationships.computeIfAbsent(mention.relationshipId(), id -> {
            var stored = state.relationships().get(id);
            return stored != null ? stored : Relationship.created(mention);
        });
        var source = entity(mention.sourceId(), mention);
        source.seen(mention.at());
        if (relationship.mentions == 0) {
            source.outDegree++;
        }
        relationship.add(mention, state.votes());
        relationshipMentions.add(mention);
    }

    private void add(Mention.OfEnd mention) {
        if (!folded.add(new GraphState.Contribution(mention.relationshipId(), mention.chunkId(), true))) {
            return;
        }
        var target = entity(mention.targetId(), mention);
        target.seen(mention.at());
        if (ends.add(new GraphState.End(mention.targetId(), mention.relationshipId()))) {
            target.inDegree++;
        }
        endMentions.add(mention);
    }

    private Entity entity(UUID id, Mention mention) {
        return entities.computeIfAbsent(id, key -> {
            var stored = state.entities().get(key);
            return stored != null ? stored : Entity.created(key, mention.workspace(), mention.at());
        });
    }

    private Folded folded() {
        return new Folded(
                List.copyOf(entities.values()),
                List.copyOf(relationships.values()),
                entityMentions,
                relationshipMentions,
                endMentions,
                changes());
    }

    private List<GraphChange> changes() {
        var byWorkspace = new HashMap<String, GraphChange.Builder>();
        entities.values()
                .forEach(entity -> change(byWorkspace, entity.workspace).entity(entity));
        relationships
                .values()
                .forEach(relationship ->
                        change(byWorkspace, relationship.workspace).relationship(relationship));
        entityMentions.forEach(mention -> change(byWorkspace, mention.workspace()).entityMentions++);
        relationshipMentions.forEach(mention -> change(byWorkspace, mention.workspace()).relationshipMentions++);
        return byWorkspace.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> entry.getValue().build())
                .toList();
    }

    private static GraphChange.Builder change(Map<String, GraphChange.Builder> byWorkspace, String workspace) {
        return byWorkspace.computeIfAbsent(workspace, GraphChange.Builder::new);
    }
}
