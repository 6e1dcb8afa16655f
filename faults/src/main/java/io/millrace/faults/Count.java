package io.millrace.faults;

import java.util.List;

/**
 * How often something is that must never be.
 *
 * @param name a few words, the same for every seed
 * @param violations 0 when all is well
 * @param examples the first of them
 */
record Count(String name, int violations, List<String> examples) {

    private static final int MAX_EXAMPLES = 10;

    Count {
        examples = examples.stream().limit(MAX_EXAMPLES).toList();
    }

    static Count of(String name, List<String> violations) {
        return new Count(name, violations.size(), violations);
    }
}
