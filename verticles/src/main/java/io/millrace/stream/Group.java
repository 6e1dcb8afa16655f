package io.millrace.stream;

/** A consumer group: its partitions are processed by whichever members own them, each offset committed once. */
public record Group(int id, String name, Topic topic) {}
