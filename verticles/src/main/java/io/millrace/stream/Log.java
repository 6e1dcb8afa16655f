package io.millrace.stream;

import io.millrace.pg.Database;
import io.millrace.pg.SqlStates;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The log: topics, their partitions, and the records in them. Thread-safe; every failure is a {@code DatabaseFailure}. */
public final class Log {

    /** Batch rows stay near this size, since a slice of an array detoasts all of it. */
    public static final int BATCH_BYTES = 1 << 20;

    /** For {@link #append(SqlClient, Topic, int, UUID, List, long)} with an id that was never sent before. */
    static final long FIRST_TRY = Long.MAX_VALUE;

    /** A batch of more records than one, with the last that came on top. */
    public static final int LARGEST_BYTES = 2 * BATCH_BYTES;

    private final Database database;
    private final Map<String, Topic> topics = new ConcurrentHashMap<>();
    private final Partitioner partitioner = new Partitioner();

    public Log(Database database) {
        this.database = database;
    }

    private static final String CREATE_TOPIC = """
            select topic_id, name, partitions
            from stream.create_topic($1, $2)
            """;

    /** The topic of that name, made with so many partitions when it is not there yet. */
    public Future<Topic> createTopic(String name, int partitions) {
        return query(database.pool(), CREATE_TOPIC, Tuple.of(name, partitions)).map(rows -> remember(rows.getFirst()));
    }

    private static final String FIND_TOPIC = """
            select topic_id, name, partitions
            from stream.topics
            where name = $1
            """;

    /** The topic of that name; null when there is none. */
    public Future<@Nullable Topic> topic(String name) {
        var known = topics.get(name);
        if (known != null) {
            return Future.succeededFuture(known);
        }
        return query(database.pool(), FIND_TOPIC, Tuple.of(name))
                .map(rows -> rows.isEmpty() ? null : remember(rows.getFirst()));
    }

    /** A topic that was made or asked for before; anything else is a mistake of the caller. */
    public Topic known(String name) {
        var topic = topics.get(name);
        if (topic == null) {
            throw new IllegalStateException("topic " + name + " is not known here: create it first");
        }
        return topic;
    }

    private Topic remember(Row row) {
        var topic = new Topic(row.getInteger(0), row.getString(1), row.getInteger(2));
        topics.put(topic.name(), topic);
        return topic;
    }

    private static final String APPEND = """
            select base_offset
            from stream.append($1, $2, $3, $4, $5, $6, $7, $8)
            """;

    /**
     * Appends one batch within the caller's transaction, and holds the partition until that ends: so call it last, and
     * for several partitions in their order.
     *
     * @param knownEnd where the partition ended at some time before the first try with this id: from there on the id is
     *     looked for; {@link #FIRST_TRY} when it cannot be there
     */
    static Future<Appended> append(
            SqlClient connection,
            Topic topic,
            int partition,
            UUID batchId,
            List<ProducerRecord> records,
            long knownEnd) {
        var columns = new BatchColumns(records);
        return query(
                        connection,
                        APPEND,
                        Tuple.of(
                                topic.id(),
                                partition,
                                batchId,
                                columns.sizeBytes,
                                columns.keys,
                                columns.values,
                                columns.headers,
                                knownEnd))
                .map(rows -> {
                    var base = rows.getFirst().getLong(0);
                    return new Appended(topic.name(), partition, base, base + records.size());
                });
    }

    /**
     * Appends to several partitions within the caller's transaction, in the order that every appender keeps. Call it
     * last, right before the commit.
     */
    public Future<List<Appended>> append(SqlClient connection, List<Effects.Append> appends) {
        return appendOfSeveral(connection, List.of(appends)).map(List::getFirst);
    }

    /** The same for several callers who share the transaction; tells each where its own records are. */
    Future<List<List<Appended>>> appendOfSeveral(SqlClient connection, List<List<Effects.Append>> callers) {
        var places = PartitionedRecords.of(callers, this::known, partitioner);
        var firsts = new ArrayList<Future<List<Long>>>();
        for (var ofTopic : PartitionedRecords.byTopic(places)) {
            firsts.add(
                    SmallAppends.fits(ofTopic)
                            ? SmallAppends.append(connection, ofTopic)
                            : appendOneByOne(connection, ofTopic));
        }
        return Future.all(firsts).map(done -> {
            var appended = new ArrayList<List<Appended>>(callers.size());
            callers.forEach(caller -> appended.add(new ArrayList<>()));
            var offsets =
                    firsts.stream().flatMap(some -> some.result().stream()).toList();
            for (var i = 0; i < places.size(); i++) {
                var first = offsets.get(i);
                var place = places.get(i);
                place.shares().forEach(share -> appended.get(share.caller()).add(place.appended(share, first)));
            }
            return appended;
        });
    }

    /** Gives the first offset in each place. */
    private static Future<List<Long>> appendOneByOne(SqlClient connection, List<PartitionedRecords> places) {
        var all = new ArrayList<Future<Appended>>();
        var firsts = new ArrayList<Future<Appended>>(places.size());
        for (var place : places) {
            var first = all.size();
            // They stand behind each other, since the partition's lock is held from the first to the commit.
            for (var batch : place.batches()) {
                all.add(append(connection, place.topic(), place.partition(), UUID.randomUUID(), batch, FIRST_TRY));
            }
            firsts.add(all.get(first));
        }
        return Future.all(all)
                .map(done -> firsts.stream().map(first -> first.result().from()).toList());
    }

    private static final String FETCH = """
            select base_offset, record_count, created_at, keys, "values", headers, size_bytes
            from stream.fetch($1, $2, $3, $4, $5)
            """;

    /** Records from an offset on: at least one where there is one, then more until {@code maxBytes} are passed. */
    public Future<List<ConsumerRecord>> fetch(Topic topic, int partition, long offset, int maxBytes) {
        return fetch(topic, partition, offset, maxBytes, Integer.MAX_VALUE).map(Fetched::records);
    }

    /**
     * What a fetch brings.
     *
     * @param largeBytes of the batch at the offset, when it is larger than what was asked for; there are no records then
     */
    public record Fetched(List<ConsumerRecord> records, int largeBytes) {
        public Fetched {
            records = List.copyOf(records);
        }
    }

    /** The same, but ends before a batch of more than {@code largest} bytes, for which its reader has to find room first. */
    public Future<Fetched> fetch(Topic topic, int partition, long offset, int maxBytes, int largest) {
        return query(database.pool(), FETCH, Tuple.of(topic.id(), partition, offset, maxBytes, largest))
                .map(rows -> fetched(rows, partition, offset, largest));
    }

    static Fetched fetched(List<Row> rows, int partition, long offset, int largest) {
        var records = new ArrayList<ConsumerRecord>();
        for (var row : rows) {
            var size = row.getInteger(6);
            if (size > largest) {
                return new Fetched(records, records.isEmpty() ? size : 0);
            }
            addRecords(records, row, partition, offset);
        }
        return new Fetched(records, 0);
    }

    private static void addRecords(List<ConsumerRecord> records, Row row, int partition, long from) {
        var base = row.getLong(0);
        var count = row.getInteger(1);
        var timestamp = row.getOffsetDateTime(2).toInstant();
        var keys = row.getArrayOfBuffers(3);
        var values = row.getArrayOfBuffers(4);
        var headers = row.getArrayOfBuffers(5);
        for (var i = (int) Math.max(0, from - base); i < count; i++) {
            records.add(new ConsumerRecord(
                    partition,
                    base + i,
                    timestamp,
                    keys[i],
                    values[i],
                    headers == null ? List.of() : Headers.decode(headers[i])));
        }
    }

    private static final String END_OFFSET = """
            select stream.end_offset($1, $2)
            """;

    /** The offset that the next record of a partition gets. */
    public Future<Long> endOffset(Topic topic, int partition) {
        return query(database.pool(), END_OFFSET, Tuple.of(topic.id(), partition))
                .map(rows -> rows.getFirst().getLong(0));
    }

    private static final String EXTENT = """
            select coalesce(
                (select min(s.base_offset) from stream.segment_starts s where s.topic_id = p.topic_id and s.partition_id = p.partition_id),
                p.floor_offset),
              stream.end_offset(p.topic_id, p.partition_id)
            from stream.partitions p
            where p.topic_id = $1 and p.partition_id = $2
            """;

    /** Where a partition begins and ends. */
    public Future<Extent> extent(Topic topic, int partition) {
        return query(database.pool(), EXTENT, Tuple.of(topic.id(), partition))
                .map(rows ->
                        new Extent(rows.getFirst().getLong(0), rows.getFirst().getLong(1)));
    }

    private static final String OFFSET_AT = """
            select stream.offset_at($1, $2, $3)
            """;

    /** The first offset whose time is not before the given one; the end when there is none. */
    public Future<Long> offsetAt(Topic topic, int partition, Instant time) {
        return query(
                        database.pool(),
                        OFFSET_AT,
                        Tuple.of(topic.id(), partition, OffsetDateTime.ofInstant(time, ZoneOffset.UTC)))
                .map(rows -> rows.getFirst().getLong(0));
    }

    static Future<List<Row>> query(SqlClient client, String sql, Tuple parameters) {
        return client.preparedQuery(sql)
                .execute(parameters)
                .map(rows -> {
                    var list = new ArrayList<Row>(rows.size());
                    rows.forEach(list::add);
                    return (List<Row>) list;
                })
                .recover(thrown -> Future.failedFuture(SqlStates.failure(thrown)));
    }
}
