package io.millrace.stream;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Records on their way to one partition, perhaps of several callers who share a transaction.
 *
 * @param shares whose they are
 */
record PartitionedRecords(Topic topic, int partition, List<ProducerRecord> records, List<Share> shares) {

    /** The records of one caller: {@code from} to {@code to - 1}. */
    record Share(int caller, int from, int to) {}

    private record Place(Topic topic, int partition) {
        static final Comparator<Place> LOCK_ORDER =
                Comparator.<Place>comparingInt(place -> place.topic.id()).thenComparingInt(Place::partition);
    }

    /** What all callers append, in the order in which partitions are to be locked. */
    static List<PartitionedRecords> of(
            List<List<Effects.Append>> callers, Function<String, Topic> topics, Partitioner partitioner) {
        var byPlace = new TreeMap<Place, PartitionedRecords>(Place.LOCK_ORDER);
        for (var caller = 0; caller < callers.size(); caller++) {
            var own = new TreeMap<Place, List<ProducerRecord>>(Place.LOCK_ORDER);
            for (var append : callers.get(caller)) {
                add(own, append, topics.apply(append.topic()), partitioner);
            }
            for (var entry : own.entrySet()) {
                var place = entry.getKey();
                byPlace.computeIfAbsent(
                                place,
                                added -> new PartitionedRecords(
                                        place.topic, place.partition, new ArrayList<>(), new ArrayList<>()))
                        .add(caller, entry.getValue());
            }
        }
        return List.copyOf(byPlace.values());
    }

    private static void add(
            TreeMap<Place, List<ProducerRecord>> byPlace, Effects.Append append, Topic topic, Partitioner partitioner) {
        for (var record : append.records()) {
            var partition = append.partition() == Effects.Append.BY_KEY
                    ? partitioner.partition(record.key(), topic.partitions())
                    : append.partition();
            byPlace.computeIfAbsent(new Place(topic, partition), place -> new ArrayList<>())
                    .add(record);
        }
    }

    private void add(int caller, List<ProducerRecord> more) {
        shares.add(new Share(caller, records.size(), records.size() + more.size()));
        records.addAll(more);
    }

    /** The same places, those of each topic together. */
    static Collection<List<PartitionedRecords>> byTopic(List<PartitionedRecords> places) {
        return places.stream()
                .collect(Collectors.groupingBy(PartitionedRecords::topic, LinkedHashMap::new, Collectors.toList()))
                .values();
    }

    long sizeBytes() {
        return records.stream().mapToLong(ProducerRecord::sizeBytes).sum();
    }

    /** Where a share is, once the first of all records has an offset. */
    Appended appended(Share share, long first) {
        return new Appended(topic.name(), partition, first + share.from(), first + share.to());
    }

    /** Parts of about {@link Log#BATCH_BYTES}, each at least one record. */
    List<List<ProducerRecord>> batches() {
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
