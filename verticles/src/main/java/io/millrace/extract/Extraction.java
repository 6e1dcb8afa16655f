package io.millrace.extract;

import java.util.List;

/** Everything that an extractor found in one passage, mentions in the order of the text. */
public record Extraction(List<EntityMention> entities, List<RelationshipMention> relationships) {
    public static final Extraction EMPTY = new Extraction(List.of(), List.of());

    public Extraction {
        entities = List.copyOf(entities);
        relationships = List.copyOf(relationships);
    }
}
