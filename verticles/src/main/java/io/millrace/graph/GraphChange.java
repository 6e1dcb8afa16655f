package io.millrace.graph;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.ProducerRecord;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A record of topic {@code changes}: what one batch changed in the graph of one workspace. Statistics, dashboards and
 * whatever else follows the graph read this feed.
 *
 * @param entities entities that are new, or whose name, type, description or degree changed
 * @param relationships relationships that are new, or whose description changed
 * @param entityMentions mentions folded into entities
 * @param relationshipMentions mentions folded into relationships
 */
public record GraphChange(
        String workspace,
        List<EntityChange> entities,
        List<RelationshipChange> relationships,
        long entityMentions,
        long relationshipMentions) {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    public GraphChange {
        entities = List.copyOf(entities);
        relationships = List.copyOf(relationships);
    }

    /** An entity, as it is and as it was; {@code typeBefore} is absent for a new one. */
    public record EntityChange(
            UUID id,
            String name,
            String type,
            @Nullable String description,
            int degree,
            boolean created,
            @Nullable String typeBefore,
            int degreeBefore) {}

    /** A relationship as it is. */
    public record RelationshipChange(
            UUID id,
            UUID source,
            UUID target,
            String type,
            @Nullable String description,
            boolean created) {}

    ProducerRecord toRecord() {
        try {
            return ProducerRecord.of(workspace, Buffer.buffer(JSON.writeValueAsBytes(this)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static GraphChange read(ConsumerRecord record) {
        try {
            return JSON.readValue(record.requiredValue().getBytes(), GraphChange.class);
        } catch (IOException e) {
            throw new IllegalArgumentException("offset %d is no graph change".formatted(record.offset()), e);
        }
    }

    static final class Builder {
        private final String workspace;
        private final List<EntityChange> entities = new ArrayList<>();
        private final List<RelationshipChange> relationships = new ArrayList<>();
        long entityMentions;
        long relationshipMentions;

        Builder(String workspace) {
            this.workspace = workspace;
        }

        void entity(Entity entity) {
            if (entity.created || entity.differs()) {
                entities.add(new EntityChange(
                        entity.id,
                        entity.name(),
                        entity.type(),
                        entity.descriptions.winner(),
                        entity.degree(),
                        entity.created,
                        entity.before.type(),
                        entity.before.degree()));
            }
        }

        void relationship(Relationship relationship) {
            if (relationship.created || relationship.differs()) {
                relationships.add(new RelationshipChange(
                        relationship.id,
                        relationship.sourceId,
                        relationship.targetId,
                        relationship.type,
                        relationship.descriptions.winner(),
                        relationship.created));
            }
        }

        GraphChange build() {
            return new GraphChange(workspace, entities, relationships, entityMentions, relationshipMentions);
        }
    }
}
