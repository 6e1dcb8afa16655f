package io.millrace.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers and times as people read them, the same on every machine: no locale, no time zone but UTC. */
final class Format {

    private static final DateTimeFormatter SECOND = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final double MILLIS_PER_SECOND = 1000;

    private Format() {}

    static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    static String count(long count, String noun) {
        return count(count) + " " + noun + (count == 1 ? "" : "s");
    }

    static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%,.1f s", duration.toMillis() / MILLIS_PER_SECOND);
    }

    static double perSecond(long count, Duration duration) {
        return count * MILLIS_PER_SECOND / Math.max(1, duration.toMillis());
    }

    static String rate(double perSecond) {
        return String.format(Locale.ROOT, perSecond < 100 ? "%.1f" : "%,.0f", perSecond);
    }

    /** A time as the server writes it; what is no time stays as it is. */
    static String time(@Nullable String time) {
        if (time == null) {
            return "-";
        }
        try {
            return SECOND.format(Instant.parse(time));
        } catch (DateTimeException _) {
            return Printable.text(time);
        }
    }

    /** How long after the first the second was, such as {@code  (+1.2 s)}; empty when that is unknown. */
    static String later(@Nullable String first, @Nullable String second) {
        if (first == null || second == null) {
            return "";
        }
        try {
            return " (+" + seconds(Duration.between(Instant.parse(first), Instant.parse(second))) + ")";
        } catch (DateTimeException _) {
            return "";
        }
    }
}
