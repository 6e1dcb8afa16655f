package io.millrace.stream;

import java.util.Arrays;
import java.util.List;

/**
 * A set of offsets, as ranges that neither touch nor overlap, in order: begin, end, begin, end, …; an end is not in its
 * range. The wire form of an {@code int8multirange}.
 */
record OffsetRanges(List<Long> bounds) {

    static final OffsetRanges NONE = new OffsetRanges(List.of());

    OffsetRanges {
        bounds = List.copyOf(bounds);
    }

    static OffsetRanges of(Long... bounds) {
        return new OffsetRanges(Arrays.asList(bounds));
    }

    boolean contains(long offset) {
        return bounds.stream().filter(bound -> bound <= offset).count() % 2 == 1;
    }

    /** The first offset behind this one that is in the set when this one is not, or the other way round. */
    long nextBound(long offset) {
        return bounds.stream()
                .mapToLong(Long::longValue)
                .filter(bound -> bound > offset)
                .findFirst()
                .orElse(Long.MAX_VALUE);
    }
}
