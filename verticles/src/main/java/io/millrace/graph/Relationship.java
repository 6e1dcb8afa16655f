package io.millrace.graph;

import io.millrace.extract.Mention;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A relationship while a batch is folded into it. */
final class Relationship {
    final UUID id;
    final String workspace;
    final UUID sourceId;
    final UUID targetId;
    final String type;
    final Ballot descriptions;
    final boolean created;
    long mentions;
    long evidence;
    Instant createdAt;
    Instant updatedAt;
    private final @Nullable String descriptionBefore;

    Relationship(
            UUID id,
            String workspace,
            UUID sourceId,
            UUID targetId,
            String type,
            Ballot descriptions,
            boolean created,
            long mentions,
            long evidence,
            Instant createdAt,
            Instant updatedAt) {
        this.id = id;
        this.workspace = workspace;
        this.sourceId = sourceId;
        this.targetId = targetId;
        this.type = type;
        this.descriptions = descriptions;
        this.created = created;
        this.mentions = mentions;
        this.evidence = evidence;
        this.createdAt = createdAt;
        this.updatedAt = updatedAt;
        this.descriptionBefore = descriptions.winner();
    }

    /** A relationship of which nothing was stored. */
    static Relationship created(Mention.OfRelationship mention) {
        var id = mention.relationshipId();
        return new Relationship(
                id,
                mention.workspace(),
                mention.sourceId(),
                mention.targetId(),
                mention.type(),
                new Ballot(id, Ballot.Kind.DESCRIPTION, null, 0),
                true,
                0,
                0,
                mention.at(),
                mention.at());
    }

    void add(Mention.OfRelationship mention, Map<Ballot.Key, Long> stored) {
        if (mention.description() != null) {
            descriptions.add(mention.description(), stored);
        }
        mentions++;
        evidence += mention.evidence();
        createdAt = mention.at().isBefore(createdAt) ? mention.at() : createdAt;
        updatedAt = mention.at().isAfter(updatedAt) ? mention.at() : updatedAt;
    }

    /** Whether more than counts changed. */
    boolean differs() {
        return !Objects.equals(descriptionBefore, descriptions.winner());
    }
}
