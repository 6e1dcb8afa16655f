package io.millrace.cli;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A path with its query, encoded part by part. */
final class Query {

    private final StringBuilder text;
    private boolean first = true;

    private Query(String path) {
        this.text = new StringBuilder(path);
    }

    /** @param segments what stands in the path's {@code %s} places */
    static Query of(String path, Object... segments) {
        var encoded = new Object[segments.length];
        for (var i = 0; i < segments.length; i++) {
            encoded[i] = segment(segments[i].toString());
        }
        return new Query(path.formatted(encoded));
    }

    /** Leaves out what is null. */
    Query with(String name, @Nullable Object value) {
        if (value != null) {
            text.append(first ? '?' : '&')
                    .append(name)
                    .append('=')
                    .append(URLEncoder.encode(value.toString(), StandardCharsets.UTF_8));
            first = false;
        }
        return this;
    }

    /** A segment of a path, where a plus is no blank. */
    private static String segment(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
