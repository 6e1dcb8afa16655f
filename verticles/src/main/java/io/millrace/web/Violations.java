package io.millrace.web;

import com.fasterxml.jackson.core.JsonStreamContext;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/** The broken rules of one body, in the order of the text: all are counted, the first ones kept. */
final class Violations {

    static final int KEPT_MAX = 50;

    /** A longer key is named in the detail, shortened, and the pointer ends at its object: 50 pointers stay small. */
    private static final int SEGMENT_CHARACTERS_MAX = 128;

    private final List<Violation> kept = new ArrayList<>();
    private int count;

    /** The detail is formatted only when it is kept: a body of 16 MB can break three million rules. */
    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency of the product
    void add(JsonStreamContext context, Violation.Code code, String detail, Object... arguments) {
        count++;
        if (kept.size() < KEPT_MAX) {
            kept.add(new Violation(pointer(context), code, String.format(Locale.ROOT, detail, arguments)));
        }
    }

    /** For a field that the object, which has just ended, does not have. */
    void addMissing(JsonStreamContext context, String field) {
        count++;
        if (kept.size() < KEPT_MAX) {
            kept.add(new Violation(
                    pointer(context) + "/" + field, Violation.Code.REQUIRED, "The field " + field + " is required."));
        }
    }

    int count() {
        return count;
    }

    Problem toProblem() {
        String detail = count == 1 ? kept.getFirst().detail() : count + " rules are broken; errors has each of them.";
        if (count > KEPT_MAX) {
            detail = "%d rules are broken; errors has the first %d of them.".formatted(count, KEPT_MAX);
        }
        return Problem.of(ProblemType.INVALID_DOCUMENT, detail).withErrors(kept);
    }

    private static String pointer(JsonStreamContext context) {
        Deque<JsonStreamContext> path = new ArrayDeque<>();
        for (JsonStreamContext step = context; step != null && !step.inRoot(); step = step.getParent()) {
            path.push(step);
        }
        StringBuilder pointer = new StringBuilder();
        for (JsonStreamContext step : path) {
            if (step.inArray() && step.hasCurrentIndex()) {
                pointer.append('/').append(step.getCurrentIndex());
            } else if (step.inObject() && step.hasCurrentName()) {
                if (step.getCurrentName().length() > SEGMENT_CHARACTERS_MAX) {
                    break;
                }
                pointer.append('/').append(escaped(step.getCurrentName()));
            }
        }
        return pointer.toString();
    }

    private static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}
