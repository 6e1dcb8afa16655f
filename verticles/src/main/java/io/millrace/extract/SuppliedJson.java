package io.millrace.extract;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the extraction that a sender supplied for a chunk; its mentions have no place in the text. */
final class SuppliedJson {

    private static final ObjectMapper JSON = JsonMapper.builder().build();
    private static final int NO_PLACE = -1;

    private record Supplied(List<Entity> entities, List<Relationship> relationships) {}

    private record Entity(
            String name,
            String type,
            @Nullable String description,
            @Nullable Double confidence) {}

    private record Relationship(
            String source,
            String target,
            String type,
            @Nullable String description,
            @Nullable Double confidence) {}

    private SuppliedJson() {}

    static Extraction read(String json) {
        try {
            var supplied = JSON.readValue(json, Supplied.class);
            return new Extraction(
                    supplied.entities().stream().map(SuppliedJson::mention).toList(),
                    supplied.relationships().stream().map(SuppliedJson::mention).toList());
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no supplied extraction: " + e.getOriginalMessage(), e);
        }
    }

    private static EntityMention mention(Entity entity) {
        return new EntityMention(
                entity.name(), entity.type(), entity.description(), NO_PLACE, NO_PLACE, told(entity.confidence()));
    }

    private static RelationshipMention mention(Relationship relationship) {
        return new RelationshipMention(
                relationship.source(),
                relationship.target(),
                relationship.type(),
                relationship.description(),
                NO_PLACE,
                NO_PLACE,
                told(relationship.confidence()));
    }

    private static double told(@Nullable Double confidence) {
        return confidence == null ? Confidence.UNTOLD : confidence;
    }
}
