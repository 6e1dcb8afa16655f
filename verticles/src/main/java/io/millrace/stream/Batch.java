package io.millrace.stream;

import java.util.List;

/**
 * Records that follow one another in a partition, to be processed and committed together.
 *
 * @param reprocessing whether the group had committed these offsets before a seek went back: their effects may be there
 * @param late whether a seek had skipped them, so that the effects of later records are there before theirs
 */
public record Batch(String topic, int partition, List<ConsumerRecord> records, boolean reprocessing, boolean late) {

    public Batch {
        records = List.copyOf(records);
        if (records.isEmpty()) {
            throw new IllegalArgumentException("a batch has at least one record");
        }
    }

    public Batch(String topic, int partition, List<ConsumerRecord> records, boolean reprocessing) {
        this(topic, partition, records, reprocessing, false);
    }

    public long from() {
        return records.getFirst().offset();
    }

    /** The offset behind the last record. */
    public long to() {
        return records.getLast().offset() + 1;
    }

    Batch first() {
        return new Batch(topic, partition, records.subList(0, 1), reprocessing, late);
    }
}
