package io.millrace.extract;

import org.jspecify.annotations.Nullable;

/** A name at its place, joined to the entity that it stands for within its passage. */
record LinkedName(
        NameSpan span,
        String entity,
        EntityType type,
        @Nullable String description,
        double confidence) {
    EntityMention toMention() {
        return new EntityMention(entity, type.name(), description, span.start(), span.end(), confidence);
    }
}
