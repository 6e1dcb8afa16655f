package io.millrace.stream;

/**
 * What one commit of a group achieved, for metrics and the log line.
 *
 * @param offset the offset that the partition has been committed up to
 * @param nanos how long the transaction took
 */
public record Committed(String group, int partition, int records, long offset, long nanos) {}
