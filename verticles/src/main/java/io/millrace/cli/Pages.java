package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A list that the server gives page by page.
 *
 * @param list the field of each answer that has the elements
 * @param query makes the path and query, to which limit and cursor are added
 */
record Pages(ApiClient api, String list, Supplier<Query> query) {

    private static final int PAGE_MAX = 200;

    /** The largest list that a command puts together: all of it is in memory. */
    static final int LIMIT_MAX = 100_000;

    private record Rest(@Nullable String nextCursor) {}

    /** The first elements, as one answer: an object with this one field. */
    String first(int limit) {
        var elements = new ArrayList<String>();
        String cursor = null;
        do {
            var answer = api.get(query.get()
                    .with("limit", Math.min(PAGE_MAX, limit - elements.size()))
                    .with("cursor", cursor)
                    .toString());
            elements.addAll(Json.lines(answer, list, false));
            cursor = Json.read(answer, Rest.class).nextCursor();
        } while (cursor != null && elements.size() < limit);
        return Json.list(list, elements);
    }

    /** Each page's elements, from the first page to the last, whatever becomes of the list meanwhile. */
    void each(Consumer<List<String>> page) {
        String cursor = null;
        do {
            var answer = api.get(
                    query.get().with("limit", PAGE_MAX).with("cursor", cursor).toString());
            page.accept(Json.lines(answer, list, false));
            cursor = Json.read(answer, Rest.class).nextCursor();
        } while (cursor != null);
    }
}
