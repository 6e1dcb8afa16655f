package io.millrace.stream;

/** Where a partition begins, and the offset that its next record gets. */
public record Extent(long begin, long end) {}
