package io.millrace.web;

import io.millrace.MillraceException.InvalidParameter;
import io.millrace.pg.Database;
import io.millrace.stream.Appended;
import io.millrace.stream.Effects;
import io.millrace.stream.Log;
import io.millrace.stream.Partitioner;
import io.millrace.stream.ProducerRecord;
import io.millrace.stream.Topic;
import io.millrace.web.RecordReader.Destined;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;

/** The records of one request, appended in one transaction: all of them or none. */
final class RecordBatch {

    /** Where a record landed. */
    record Position(int partition, long offset) {}

    private final Topic topic;
    private final List<Integer> partitions;
    private final List<Effects.Append> appends;

    private RecordBatch(Topic topic, List<Integer> partitions, List<Effects.Append> appends) {
        this.topic = topic;
        this.partitions = partitions;
        this.appends = appends;
    }

    /** Records without a key and a partition stay together, in a partition that the request draws. */
    static RecordBatch of(Topic topic, List<Destined> records) {
        var drawn = ThreadLocalRandom.current().nextInt(topic.partitions());
        var partitions = new ArrayList<Integer>(records.size());
        var byPartition = new TreeMap<Integer, List<ProducerRecord>>();
        for (var record : records) {
            var partition = partition(topic, record, drawn);
            partitions.add(partition);
            byPartition.computeIfAbsent(partition, _ -> new ArrayList<>()).add(record.record());
        }
        var appends = new ArrayList<Effects.Append>();
        byPartition.forEach((partition, of) -> appends.add(new Effects.Append(topic.name(), partition, of)));
        return new RecordBatch(topic, partitions, appends);
    }

    private static int partition(Topic topic, Destined record, int drawn) {
        var wanted = record.partition();
        if (wanted == null) {
            var key = record.record().key();
            return key == null ? drawn : Partitioner.ofKey(key, topic.partitions());
        }
        if (wanted >= topic.partitions()) {
            throw new InvalidParameter(
                    "partition", "Topic %s has %d partitions, from 0.".formatted(topic.name(), topic.partitions()));
        }
        return wanted;
    }

    /** Completes with the place of each record, in their order, once they have committed. */
    Future<List<Position>> append(Database database, Log log) {
        return database.inTransaction(connection -> log.append(connection, appends))
                .map(appended -> {
                    // As the log's own appender does, so that who waits for records looks at once.
                    appended.forEach(
                            batch -> database.vertx().eventBus().publish(Appended.address(topic.name()), batch));
                    return positions(appended);
                });
    }

    /** A partition's batches stand behind each other, since its lock was held from the first to the commit. */
    private List<Position> positions(List<Appended> appended) {
        var next = new HashMap<Integer, Long>();
        appended.forEach(batch -> next.merge(batch.partition(), batch.from(), Math::min));
        var positions = new ArrayList<Position>(partitions.size());
        for (var partition : partitions) {
            var end = next.merge(partition, 1L, Long::sum);
            positions.add(new Position(partition, end - 1));
        }
        return positions;
    }
}
