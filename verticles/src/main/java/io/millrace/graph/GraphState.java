package io.millrace.graph;

import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What is stored of the entities and relationships that a batch concerns.
 *
 * @param ends relationships known to point at an entity
 * @param votes votes for values that do not win, of those that the batch votes for
 * @param folded mentions of the batch that were folded before; looked for when work is done again only
 */
record GraphState(
        Map<UUID, Entity> entities,
        Map<UUID, Relationship> relationships,
        Set<End> ends,
        Map<Ballot.Key, Long> votes,
        Set<Contribution> folded) {

    /** A relationship that points at an entity. */
    record End(UUID entityId, UUID relationshipId) {}

    /** What a chunk contributes to an entity, to a relationship, or to the end of one. */
    record Contribution(UUID subjectId, UUID chunkId, boolean end) {}
}
