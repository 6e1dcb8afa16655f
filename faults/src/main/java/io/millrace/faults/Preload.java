package io.millrace.faults;

import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A library that is loaded into a process ahead of all others, so that it answers in their place.
 *
 * @param variables what it looks for in the environment
 */
record Preload(Path library, Map<String, String> variables) {

    Preload {
        variables = Map.copyOf(variables);
    }

    /** The environment of a process that has all of them. */
    static Map<String, String> environment(Collection<Preload> preloads) {
        var environment = new HashMap<String, String>();
        preloads.forEach(preload -> environment.putAll(preload.variables()));
        if (!preloads.isEmpty()) {
            environment.put(
                    "LD_PRELOAD",
                    preloads.stream()
                            .map(preload -> preload.library().toString())
                            .collect(Collectors.joining(":")));
        }
        return environment;
    }
}
