package io.millrace.stream;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;

/** Records on their way to several partitions, as batches in the order in which their partitions are to be locked. */
final class PartitionedBatches {

    private PartitionedBatches() {}

    record PartitionBatch(Topic topic, int partition, List<ProducerRecord> records) {}

    private record Place(Topic topic, int partition) {
        static final Comparator<Place> LOCK_ORDER =
                Comparator.<Place>comparingInt(place -> place.topic.id()).thenComparingInt(Place::partition);
    }

    static List<PartitionBatch> of(
            List<Effects.Append> appends, Function<String, Topic> topics, Partitioner partitioner) {
        var byPlace = new TreeMap<Place, List<ProducerRecord>>(Place.LOCK_ORDER);
        for (var append : appends) {
            var topic = topics.apply(append.topic());
            for (var record : append.records()) {
                var partition = append.partition() == Effects.Append.BY_KEY
                        ? partitioner.partition(record.key(), topic.partitions())
                        : append.partition();
                byPlace.computeIfAbsent(new Place(topic, partition), place -> new ArrayList<>())
                        .add(record);
            }
        }
        var batches = new ArrayList<PartitionBatch>();
        byPlace.forEach((place, records) ->
                split(records).forEach(part -> batches.add(new PartitionBatch(place.topic, place.partition, part))));
        return batches;
    }

    /** Parts of about {@link Log#BATCH_BYTES}, each at least one record. */
    static List<List<ProducerRecord>> split(List<ProducerRecord> records) {
        var parts = new ArrayList<List<ProducerRecord>>();
        var from = 0;
        var bytes = 0L;
        for (var i = 0; i < records.size(); i++) {
            var size = records.get(i).sizeBytes();
            if (i > from && bytes + size > Log.BATCH_BYTES) {
                parts.add(records.subList(from, i));
                from = i;
                bytes = 0;
            }
            bytes += size;
        }
        if (from < records.size()) {
            parts.add(records.subList(from, records.size()));
        }
        return parts;
    }
}
