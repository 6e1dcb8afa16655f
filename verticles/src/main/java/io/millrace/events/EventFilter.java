package io.millrace.events;

import java.util.EnumSet;
import java.util.Set;

/** Which events a listener wants: those of a workspace and those that concern all, of some kinds; no kinds mean all. */
public record EventFilter(String workspace, Set<EventKind> kinds) {

    public EventFilter {
        kinds = kinds.isEmpty() ? Set.copyOf(EnumSet.allOf(EventKind.class)) : Set.copyOf(kinds);
    }

    boolean passes(Event event) {
        return (event.workspace() == null || event.workspace().equals(workspace))
                && EventKind.of(event.kind()).map(kinds::contains).orElse(true);
    }
}
