package io.millrace.web;

import io.millrace.MillraceException.InvalidParameter;
import io.vertx.ext.web.RoutingContext;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** Times in query parameters: RFC 3339 with its zone, or a date, which means where that day begins in UTC. */
final class Times {

    /** What no time here is before or behind; wide enough for any clock, narrow enough for any type. */
    static final Instant FIRST = Instant.EPOCH;

    static final Instant LAST = Instant.parse("9999-12-31T00:00:00Z");

    private static final int DATE_LENGTH = "2026-11-21".length();

    private Times() {}

    /** Null when the parameter is not there. */
    static @Nullable Instant optional(RoutingContext context, String name) {
        var text = Requests.text(context, name);
        return text == null ? null : parse(name, text);
    }

    /**
     * Parameters {@code from} and {@code to} of lists; the whole of time where they are not there.
     *
     * @param to exclusive
     */
    record Range(Instant from, Instant to) {
        static Range of(RoutingContext context) {
            var from = optional(context, "from");
            var to = optional(context, "to");
            if (from != null && to != null && !from.isBefore(to)) {
                throw new InvalidParameter("to", "It must be behind from.");
            }
            return new Range(from == null ? FIRST : from, to == null ? LAST : to);
        }
    }

    static Instant parse(String name, String text) {
        try {
            return inRange(
                    text.length() == DATE_LENGTH
                            ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                            : OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException e) {
            throw new InvalidParameter(
                    name,
                    "A time has the form 2026-11-21T17:00:00Z, or 2026-11-21 for the beginning of a day in UTC. A time zone"
                            + " with a plus sign has to be percent-encoded.");
        }
    }

    static Instant inRange(Instant instant) {
        if (instant.isBefore(FIRST) || instant.isAfter(LAST)) {
            throw new DateTimeException("out of range");
        }
        return instant;
    }
}
