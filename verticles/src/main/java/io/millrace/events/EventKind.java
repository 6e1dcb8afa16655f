package io.millrace.events;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What an event tells; the name is {@code family.what}. */
public enum EventKind {
    /** A job ended, and everything of its document is visible in the graph. */
    JOB_COMPLETED,
    /** A job ended without that; its data has the reason. */
    JOB_FAILED,
    /** A new version of a document is visible in the graph. */
    DOCUMENT_CHANGED,
    /** The graph of a workspace has other totals than at its last such event. */
    GRAPH_STATISTICS,
    /** More or fewer records than at its last such event wait for a stage. */
    STAGE_LAG;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '.');

    public String label() {
        return label;
    }

    private String family() {
        return label.substring(0, label.indexOf('.'));
    }

    /** The kinds that a name means, which may be that of a family; empty when there are none. */
    public static Set<EventKind> named(String name) {
        return Arrays.stream(values())
                .filter(kind -> kind.label.equals(name) || kind.family().equals(name))
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(EventKind.class)));
    }

    static Optional<EventKind> of(String label) {
        return Arrays.stream(values()).filter(kind -> kind.label.equals(label)).findFirst();
    }
}
