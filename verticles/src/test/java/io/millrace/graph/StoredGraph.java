package io.millrace.graph;

import io.millrace.extract.Mention;
import io.millrace.stats.StatsDelta;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The graph's tables in memory: what they give a batch, and what they keep of it. */
final class StoredGraph {

    private final Map<UUID, Entity> entities = new HashMap<>();
    private final Map<UUID, Relationship> relationships = new HashMap<>();
    private final Map<Ballot.Key, Long> votes = new HashMap<>();
    private final Set<GraphState.End> ends = new HashSet<>();
    private final Set<GraphState.Contribution> contributions = new HashSet<>();
    private final StatsDelta statistics = new StatsDelta();
    /** Of relationships, as the changes told them. */
    private final Map<UUID, Optional<String>> toldDescriptions = new HashMap<>();

    /** Folds a batch and stores what it comes to. */
    void fold(List<Mention> batch) {
        store(GraphFold.fold(batch, loaded(batch, Set.of())));
    }

    /** The same for a batch that may have been folded before. */
    void foldAgain(List<Mention> batch) {
        store(GraphFold.fold(batch, loaded(batch, contributions)));
    }

    /** What {@link GraphStore} loads: votes are given for what the batch votes for, and no others. */
    private GraphState loaded(List<Mention> batch, Set<GraphState.Contribution> folded) {
        var contested = new HashMap<Ballot.Key, Long>();
        for (var mention : batch) {
            for (var key : keys(mention)) {
                var stored = votes.get(key);
                if (stored != null) {
                    contested.put(key, stored);
                }
            }
        }
        return new GraphState(
                entities.values().stream().collect(Collectors.toMap(entity -> entity.id, StoredGraph::reloaded)),
                relationships.values().stream()
                        .collect(Collectors.toMap(relationship -> relationship.id, StoredGraph::reloaded)),
                ends,
                contested,
                folded);
    }

    private static List<Ballot.Key> keys(Mention mention) {
        var keys = new ArrayList<Ballot.Key>();
        switch (mention) {
            case Mention.OfEntity entity -> {
                add(keys, entity.entityId(), Ballot.Kind.NAME, entity.name());
                add(keys, entity.entityId(), Ballot.Kind.TYPE, entity.type());
                add(keys, entity.entityId(), Ballot.Kind.DESCRIPTION, entity.description());
            }
            case Mention.OfRelationship relationship ->
                add(keys, relationship.relationshipId(), Ballot.Kind.DESCRIPTION, relationship.description());
            case Mention.OfEnd end -> {}
        }
        return keys;
    }

    private static void add(List<Ballot.Key> keys, UUID subjectId, Ballot.Kind kind, @Nullable String value) {
        if (value != null) {
            keys.add(Ballot.Key.of(subjectId, kind, value));
        }
    }

    private static Entity reloaded(Entity stored) {
        return new Entity(
                stored.id,
                stored.workspace,
                reloaded(stored.id, Ballot.Kind.NAME, stored.names),
                reloaded(stored.id, Ballot.Kind.TYPE, stored.types),
                reloaded(stored.id, Ballot.Kind.DESCRIPTION, stored.descriptions),
                false,
                stored.mentions,
                stored.evidence,
                stored.outDegree,
                stored.inDegree,
                stored.createdAt,
                stored.updatedAt);
    }

    private static Relationship reloaded(Relationship stored) {
        return new Relationship(
                stored.id,
                stored.workspace,
                stored.sourceId,
                stored.targetId,
                stored.type,
                reloaded(stored.id, Ballot.Kind.DESCRIPTION, stored.descriptions),
                false,
                stored.mentions,
                stored.evidence,
                stored.createdAt,
                stored.updatedAt);
    }

    private static Ballot reloaded(UUID id, Ballot.Kind kind, Ballot stored) {
        return new Ballot(id, kind, stored.winner(), stored.winnerVotes());
    }

    private void store(GraphFold.Folded folded) {
        for (var entity : folded.entities()) {
            entities.put(entity.id, entity);
            entity.ballots().forEach(this::store);
        }
        for (var relationship : folded.relationships()) {
            relationships.put(relationship.id, relationship);
            store(relationship.descriptions);
        }
        folded.entityMentions().forEach(mention -> keep(mention.entityId(), mention, false));
        folded.relationshipMentions().forEach(mention -> keep(mention.relationshipId(), mention, false));
        folded.endMentions().forEach(mention -> {
            keep(mention.relationshipId(), mention, true);
            ends.add(new GraphState.End(mention.targetId(), mention.relationshipId()));
        });
        folded.changes().forEach(change -> {
            statistics.add(change, Instant.EPOCH);
            change.relationships().forEach(this::hear);
        });
    }

    private void hear(GraphChange.RelationshipChange told) {
        var description = Optional.ofNullable(told.description());
        if (description.equals(toldDescriptions.put(told.id(), description))) {
            throw new IllegalStateException("told again, though nothing changed: " + told);
        }
    }

    Map<UUID, Optional<String>> toldDescriptions() {
        return toldDescriptions;
    }

    Map<UUID, Optional<String>> descriptions() {
        return relationships.values().stream()
                .collect(Collectors.toMap(
                        relationship -> relationship.id,
                        relationship -> Optional.ofNullable(relationship.descriptions.winner())));
    }

    private void store(Ballot ballot) {
        for (var other : ballot.touched()) {
            if (other.votes() == 0) {
                votes.remove(other.key());
            } else {
                votes.put(other.key(), other.votes());
            }
        }
    }

    private void keep(UUID subjectId, Mention mention, boolean end) {
        if (!contributions.add(new GraphState.Contribution(subjectId, mention.chunkId(), end))) {
            throw new IllegalStateException("a primary key is violated: " + mention);
        }
    }

    /** Everything that is stored, as text. */
    List<String> rows() {
        var rows = new TreeSet<String>();
        for (var entity : entities.values()) {
            rows.add("entity %s %s %s %s %s mentions %d evidence %d out %d in %d %s %s"
                    .formatted(
                            entity.id,
                            entity.workspace,
                            vote(entity.names),
                            entity.type() + vote(entity.types),
                            vote(entity.descriptions),
                            entity.mentions,
                            entity.evidence,
                            entity.outDegree,
                            entity.inDegree,
                            entity.createdAt,
                            entity.updatedAt));
        }
        for (var relationship : relationships.values()) {
            rows.add("relationship %s %s %s %s %s mentions %d evidence %d %s %s"
                    .formatted(
                            relationship.id,
                            relationship.sourceId,
                            relationship.targetId,
                            relationship.type,
                            vote(relationship.descriptions),
                            relationship.mentions,
                            relationship.evidence,
                            relationship.createdAt,
                            relationship.updatedAt));
        }
        votes.forEach((key, count) -> rows.add("vote " + key + " " + count));
        ends.forEach(end -> rows.add(end.toString()));
        contributions.forEach(contribution -> rows.add(contribution.toString()));
        statistics().forEach((counter, value) -> rows.add("counter " + counter + " " + value));
        return List.copyOf(rows);
    }

    private static String vote(Ballot ballot) {
        return "(" + ballot.winner() + " x" + ballot.winnerVotes() + ")";
    }

    /** Counters that are not zero: which ones pass through zero depends on the order. */
    Map<StatsDelta.Counter, Long> statistics() {
        var counters = new TreeMap<>(statistics.counters());
        counters.values().removeIf(value -> value == 0);
        return counters;
    }
}
