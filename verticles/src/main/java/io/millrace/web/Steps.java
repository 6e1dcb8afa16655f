package io.millrace.web;

import io.millrace.MillraceException.InvalidParameter;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * Equal steps of time, from {@code from} to {@code to}: every one of them, whether anything happened in it or not.
 *
 * <p>Steps are minutes, hours or days of UTC and begin where those do: {@code from} is moved back to the beginning of its step
 * and {@code to} forward to the end of its own, but not beyond the step that is now, since nothing is known of later ones.
 */
record Steps(Unit unit, Instant from, Instant to) {

    /** More than a chart can show: the minutes of a day fit, the hours of two months, the days of four years. */
    private static final int MAX = 1_500;

    /** How long a step is, and how many there are when nobody says. */
    enum Unit {
        MINUTE(Duration.ofMinutes(1), 60),
        HOUR(Duration.ofHours(1), 24),
        DAY(Duration.ofDays(1), 30);

        private final Duration length;
        private final int preset;

        Unit(Duration length, int preset) {
            this.length = length;
            this.preset = preset;
        }

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        private Instant begin(Instant instant) {
            var seconds = length.toSeconds();
            return Instant.ofEpochSecond(Math.floorDiv(instant.getEpochSecond(), seconds) * seconds);
        }

        private Instant end(Instant instant) {
            var begin = begin(instant);
            return begin.equals(instant) ? begin : begin.plus(length);
        }
    }

    static Steps of(RoutingContext context, Instant now) {
        var word = Requests.oneOf(context, "step", List.of("minute", "hour", "day"));
        var unit = word == null ? Unit.HOUR : Unit.valueOf(word.toUpperCase(Locale.ROOT));
        var last = unit.begin(now).plus(unit.length);
        var to = Times.optional(context, "to");
        var end = to == null || to.isAfter(last) ? last : unit.end(to);
        var from = Times.optional(context, "from");
        var begin = from == null ? end.minus(unit.length.multipliedBy(unit.preset)) : unit.begin(from);
        if (from != null && !begin.isBefore(end)) {
            throw new InvalidParameter("from", "It must be before to, and not in the future.");
        }
        var steps = new Steps(unit, begin.isBefore(Times.FIRST) ? Times.FIRST : begin, end);
        if (steps.count() > MAX) {
            throw new InvalidParameter(
                    "step",
                    "From %s to %s there are %d steps; at most %d are shown. Take a longer step or a shorter time."
                            .formatted(steps.from, steps.to, steps.count(), MAX));
        }
        return steps;
    }

    long count() {
        return Duration.between(from, to).dividedBy(unit.length);
    }

    List<Instant> begins() {
        return LongStream.range(0, count())
                .mapToObj(step -> from.plus(unit.length.multipliedBy(step)))
                .toList();
    }

    List<Instant> ends() {
        return begins().stream().map(begin -> begin.plus(unit.length)).toList();
    }
}
