package io.millrace;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The stages, in the order in which a document passes. */
public enum Stage {
    INGEST,
    CHUNK,
    EXTRACT,
    GRAPH,
    STATS;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Stage> of(String label) {
        return Arrays.stream(values())
                .filter(stage -> stage.label().equals(label))
                .findFirst();
    }

    /** Stages named in a list with commas between them. */
    static Optional<Set<Stage>> parse(String list) {
        var stages = EnumSet.noneOf(Stage.class);
        for (var label : list.split(",", -1)) {
            var stage = of(label.strip());
            if (stage.isEmpty()) {
                return Optional.empty();
            }
            stages.add(stage.get());
        }
        return Optional.of(stages);
    }
}
