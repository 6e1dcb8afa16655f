package io.millrace.web;

import io.millrace.MillraceException.InvalidParameter;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where a page of a list ended: the key of its last row, in a form that clients hand back and do not read. It begins with
 * the name of its list, so that a cursor of one list is not taken by another.
 */
record Cursor(List<String> parts) {

    /** Base64 and the sort keys of any list fit well below; longer ones are not decoded. */
    private static final int MAX_LENGTH = 4_096;

    /** No text here holds a NUL. */
    private static final String SEPARATOR = "\0";

    Cursor {
        parts = List.copyOf(parts);
    }

    static String of(String list, Object... parts) {
        var text = new StringBuilder(list);
        for (var part : parts) {
            text.append(SEPARATOR).append(part);
        }
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The cursor of the next page; null when nothing is behind the last of {@code limit} rows. */
    static <T> @Nullable String next(List<T> rows, int limit, Function<T, String> cursor) {
        return rows.size() > limit ? cursor.apply(rows.get(limit - 1)) : null;
    }

    /** What parameter {@code cursor} points at; null when it is not there. {@code read} may throw at anything odd. */
    static <T> @Nullable T read(RoutingContext context, String list, Function<Cursor, T> read) {
        var text = Requests.text(context, "cursor");
        if (text == null) {
            return null;
        }
        try {
            var cursor = decode(text);
            if (cursor.text(0).equals(list)) {
                return read.apply(cursor);
            }
        } catch (IllegalArgumentException | IndexOutOfBoundsException | DateTimeException e) {
            // Said below, for all cases.
        }
        throw new InvalidParameter(
                "cursor", "This is no cursor of this list. Take next_cursor as it came, or leave it out to begin.");
    }

    private static Cursor decode(String text) {
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("longer than any cursor");
        }
        var bytes = Base64.getUrlDecoder().decode(text);
        return new Cursor(List.of(new String(bytes, StandardCharsets.UTF_8).split(SEPARATOR, -1)));
    }

    /** Part 0 is the list's name; the key begins at 1. */
    String text(int part) {
        return parts.get(part);
    }

    UUID uuid(int part) {
        return UUID.fromString(parts.get(part));
    }

    long number(int part) {
        var number = Long.parseLong(parts.get(part));
        if (number < 0) {
            throw new IllegalArgumentException("no key is negative");
        }
        return number;
    }

    Instant instant(int part) {
        return Times.inRange(Instant.parse(parts.get(part)));
    }
}
