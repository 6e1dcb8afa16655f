package io.millrace.verify;

import java.util.List;

/**
 * What one comparison found.
 *
 * @param name one word, the same in each release, for scripts
 * @param title what was compared, for people
 * @param examined how many things were compared
 * @param differences how many of them are not as they should be
 * @param examples the first differences in alphabetical order, at most {@link #MAX_EXAMPLES}
 */
public record Check(String name, String title, long examined, long differences, List<String> examples) {

    public static final int MAX_EXAMPLES = 10;

    public Check {
        examples = List.copyOf(examples);
    }

    public boolean clean() {
        return differences == 0;
    }
}
