package io.millrace.extract;

import org.jspecify.annotations.Nullable;

/**
 * One statement of a relationship in a passage.
 *
 * @param source name of the entity that it goes out from, as in its {@link EntityMention}s
 * @param target name of the entity that it points to
 * @param type such as {@code BORN_IN}
 * @param description in words, for a reader
 * @param start where the evidence begins, in UTF-16 units of the passage's text, or -1 when that is unknown
 * @param end behind its last unit, or -1
 * @param confidence 0 to 100
 */
public record RelationshipMention(
        String source,
        String target,
        String type,
        @Nullable String description,
        int start,
        int end,
        double confidence) {
    public RelationshipMention {
        Evidence.requireName(source, "source");
        Evidence.requireName(target, "target");
        Evidence.requireName(type, "type");
        Evidence.requireSpan(start, end);
        Evidence.requireConfidence(confidence);
    }
}
