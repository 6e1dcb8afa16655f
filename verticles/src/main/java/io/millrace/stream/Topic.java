package io.millrace.stream;

/** A named sequence of records in a fixed number of partitions. */
public record Topic(int id, String name, int partitions) {

    /** Where records go that a group could not process: the topic's dead-letter topic. */
    public static String deadLetters(String topic) {
        return topic + ".dead-letters";
    }
}
