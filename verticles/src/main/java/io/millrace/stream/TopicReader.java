package io.millrace.stream;

import io.millrace.pg.Database;
import io.millrace.pg.SqlStates;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what topics there are, and where their partitions begin and end. */
public final class TopicReader {

    private final Database database;

    public TopicReader(Database database) {
        this.database = database;
    }

    /** Records {@code beginOffset} to {@code endOffset - 1} of a partition are held. */
    public record Range(
            int partition,
            long beginOffset,
            long endOffset,
            @Nullable Instant lastRecordAt) {
        public long records() {
            return endOffset - beginOffset;
        }
    }

    /** A topic, its partitions in order. */
    public record TopicState(String topic, List<Range> partitions) {
        public TopicState {
            partitions = List.copyOf(partitions);
        }

        public long records() {
            return partitions.stream().mapToLong(Range::records).sum();
        }
    }

    private static final String TOPICS = """
            select topic, partition, begin_offset, end_offset, last_record_at
            from stream.topic_partitions
            order by topic, partition
            """;

    /** Every topic, by name. */
    public Future<List<TopicState>> topics() {
        return database.pool()
                .preparedQuery(TOPICS)
                .execute()
                .map(TopicReader::states)
                .recover(thrown -> Future.failedFuture(SqlStates.failure(thrown)));
    }

    private static final String TOPIC = """
            select topic, partition, begin_offset, end_offset, last_record_at
            from stream.topic_partitions
            where topic = $1
            order by partition
            """;

    /** Where the partitions of a topic begin and end; empty when there is no such topic. */
    public Future<List<TopicState>> topic(String name) {
        return database.pool()
                .preparedQuery(TOPIC)
                .execute(Tuple.of(name))
                .map(TopicReader::states)
                .recover(thrown -> Future.failedFuture(SqlStates.failure(thrown)));
    }

    private static List<TopicState> states(RowSet<Row> rows) {
        var ranges = new LinkedHashMap<String, List<Range>>();
        for (var row : rows) {
            ranges.computeIfAbsent(row.getString(0), topic -> new ArrayList<>())
                    .add(new Range(
                            row.getInteger(1), row.getLong(2), row.getLong(3), instant(row.getOffsetDateTime(4))));
        }
        var states = new ArrayList<TopicState>();
        ranges.forEach((topic, partitions) -> states.add(new TopicState(topic, partitions)));
        return states;
    }

    private static @Nullable Instant instant(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }
}
