package io.millrace.stream;

/** Records {@code from} to {@code to - 1} of a partition are in the log: committed, and visible to a fetch. */
public record Appended(String topic, int partition, long from, long to) {

    /** Where, on the event bus, positions of a topic are published. */
    public static String address(String topic) {
        return "millrace.appended." + topic;
    }
}
