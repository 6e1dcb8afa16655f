package io.millrace.graph;

import io.millrace.extract.Mention;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An entity while a batch is folded into it: integer sums, and ballots for what its mentions do not agree about. */
final class Entity {

    /** The type of an entity whose type nobody told. */
    static final String UNKNOWN = "UNKNOWN";

    /** What an entity was before the batch; the change feed tells the difference. */
    record Before(
            @Nullable String name,
            @Nullable String type,
            @Nullable String description,
            int degree) {}

    final UUID id;
    final String workspace;
    final Ballot names;
    final Ballot types;
    final Ballot descriptions;
    final Before before;
    final boolean created;
    long mentions;
    long evidence;
    int outDegree;
    int inDegree;
    Instant createdAt;
    Instant updatedAt;

    Entity(
            UUID id,
            String workspace,
            Ballot names,
            Ballot types,
            Ballot descriptions,
            boolean created,
            long mentions,
            long evidence,
            int outDegree,
            int inDegree,
            Instant createdAt,
            Instant updatedAt) {
        this.id = id;
        this.workspace = workspace;
        this.names = names;
        this.types = types;
        this.descriptions = descriptions;
        this.created = created;
        this.mentions = mentions;
        this.evidence = evidence;
        this.outDegree = outDegree;
        this.inDegree = inDegree;
        this.createdAt = createdAt;
        this.updatedAt = updatedAt;
        this.before = new Before(names.winner(), created ? null : type(), descriptions.winner(), degree());
    }

    /** An entity of which nothing was stored. */
    static Entity created(UUID id, String workspace, Instant at) {
        return new Entity(
                id,
                workspace,
                new Ballot(id, Ballot.Kind.NAME, null, 0),
                new Ballot(id, Ballot.Kind.TYPE, null, 0),
                new Ballot(id, Ballot.Kind.DESCRIPTION, null, 0),
                true,
                0,
                0,
                0,
                0,
                at,
                at);
    }

    void add(Mention.OfEntity mention, Map<Ballot.Key, Long> stored) {
        names.add(mention.name(), stored);
        if (mention.type() != null) {
            types.add(mention.type(), stored);
        }
        if (mention.description() != null) {
            descriptions.add(mention.description(), stored);
        }
        mentions++;
        evidence += mention.evidence();
        seen(mention.at());
    }

    void seen(Instant at) {
        createdAt = at.isBefore(createdAt) ? at : createdAt;
        updatedAt = at.isAfter(updatedAt) ? at : updatedAt;
    }

    String name() {
        var name = names.winner();
        // An end can be folded before its entity's mention only when they are in different batches of one partition.
        return name == null ? "" : name;
    }

    String type() {
        var type = types.winner();
        return type == null ? UNKNOWN : type;
    }

    int degree() {
        return outDegree + inDegree;
    }

    List<Ballot> ballots() {
        return List.of(names, types, descriptions);
    }

    /** Whether more than counts changed. */
    boolean differs() {
        return !new Before(names.winner(), type(), descriptions.winner(), degree()).equals(before);
    }
}
