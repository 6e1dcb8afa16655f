package io.millrace.extract;

import org.jspecify.annotations.Nullable;

/**
 * One occurrence of an entity in a passage.
 *
 * @param name the entity's name, the same for all of its mentions in the passage, so not always the words at the span
 * @param type such as {@code PERSON}
 * @param description what the passage says that it is, when it says so here
 * @param start where the mention begins, in UTF-16 units of the passage's text, or -1 when that is unknown
 * @param end behind its last unit, or -1
 * @param confidence 0 to 100
 */
public record EntityMention(
        String name, String type, @Nullable String description, int start, int end, double confidence) {
    public EntityMention {
        Evidence.requireName(name, "name");
        Evidence.requireName(type, "type");
        Evidence.requireSpan(start, end);
        Evidence.requireConfidence(confidence);
    }
}
