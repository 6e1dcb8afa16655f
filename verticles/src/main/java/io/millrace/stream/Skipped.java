package io.millrace.stream;

/** Told over the event bus when a group went on at the floor of a partition: records from one offset to another were gone. */
public record Skipped(String group, String topic, int partition, long from, long to) {

    public static final String ADDRESS = "millrace.skipped";

    public long records() {
        return to - from;
    }
}
