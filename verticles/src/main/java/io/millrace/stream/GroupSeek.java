package io.millrace.stream;

import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Moves a consumer group, all partitions or one, in one transaction. The rows of its assignments are locked before anything
 * is looked at, so that no batch commits between the look and the move.
 */
public final class GroupSeek {

    private final Database database;
    private final GroupStore groups;

    public GroupSeek(Database database) {
        this.database = database;
        this.groups = new GroupStore(database);
    }

    /** Where to. */
    public sealed interface Target {
        record Begin() implements Target {}

        record End() implements Target {}

        record Offset(long offset) implements Target {}

        /** The first record that is not before this time. */
        record Time(Instant time) implements Target {}
    }

    /** A partition that moved. */
    public record Moved(int partition, long fromOffset, long toOffset) {}

    /** What came of it; nothing moved unless all of it did. */
    public sealed interface Outcome {
        record Sought(Group group, List<Moved> partitions) implements Outcome {}

        record NoSuchGroup() implements Outcome {}

        record NoSuchPartition(int partitions) implements Outcome {}

        /** The offset is not one that the partition holds, nor its end. */
        record OutOfRange(int partition, long beginOffset, long endOffset) implements Outcome {}

        /** Records that the group has not read would be skipped, and that was not allowed. */
        record WouldSkip(int partition, long readTo, long toOffset) implements Outcome {}
    }

    private static final String FIND = """
            select g.group_id, g.name, t.topic_id, t.name, t.partitions
            from stream.groups g
            join stream.topics t on t.topic_id = g.topic_id
            where g.name = $1
            """;

    /**
     * Moves a group.
     *
     * @param partition null for all of them
     * @param maySkip whether it may pass over records that the group has not read
     */
    public Future<Outcome> seek(String name, @Nullable Integer partition, Target target, boolean maySkip) {
        return database.inTransaction(connection -> connection
                .preparedQuery(FIND)
                .execute(Tuple.of(name))
                .compose(rows -> {
                    if (rows.size() == 0) {
                        return Future.succeededFuture(new Outcome.NoSuchGroup());
                    }
                    var group = group(rows.iterator().next());
                    return partition != null && partition >= group.topic().partitions()
                            ? Future.succeededFuture(
                                    new Outcome.NoSuchPartition(group.topic().partitions()))
                            : seek(connection, group, partition, target, maySkip);
                }));
    }

    private static Group group(Row row) {
        return new Group(
                row.getInteger(0), row.getString(1), new Topic(row.getInteger(2), row.getString(3), row.getInteger(4)));
    }

    private static final String LOCK = """
            select partition_id
            from stream.assignments
            where group_id = $1 and ($2::int is null or partition_id = $2)
            order by partition_id
            for no key update
            """;

    /** No partition begins elsewhere by the time this has committed. */
    private static final String HOLD_FLOORS = """
            select pg_advisory_xact_lock_shared(stream.retention_lock())
            """;

    /** A later statement than the locks, so that it sees what the last batches committed. */
    private static final String PLACES = """
            select a.partition_id, c.committed_offset,
              coalesce((select upper(r) from unnest(a.processed) r where r @> c.committed_offset), c.committed_offset),
              p.begin_offset, p.end_offset,
              case when $3::timestamptz is not null then stream.offset_at(g.topic_id, a.partition_id, $3) end
            from stream.assignments a
            join stream.groups g on g.group_id = a.group_id
            join stream.topics t on t.topic_id = g.topic_id
            join stream.topic_partitions p on p.topic = t.name and p.partition = a.partition_id
            cross join lateral stream.committed(a.group_id, a.partition_id) c
            where a.group_id = $1 and ($2::int is null or a.partition_id = $2)
            order by a.partition_id
            """;

    /** @param readTo the first record that the group has never read, from where it stands */
    private record Place(
            int partition,
            long committedOffset,
            long readTo,
            long beginOffset,
            long endOffset,
            @Nullable Long offsetAtTime) {

        boolean skips(long to) {
            return to > Math.max(readTo, beginOffset);
        }
    }

    private Future<Outcome> seek(
            SqlConnection connection, Group group, @Nullable Integer partition, Target target, boolean maySkip) {
        var time = target instanceof Target.Time(var at) ? OffsetDateTime.ofInstant(at, ZoneOffset.UTC) : null;
        return connection
                .preparedQuery(LOCK)
                .execute(Tuple.of(group.id(), partition))
                .compose(locked -> connection.preparedQuery(HOLD_FLOORS).execute())
                .compose(held -> connection.preparedQuery(PLACES).execute(Tuple.of(group.id(), partition, time)))
                .compose(rows -> {
                    var places = new ArrayList<Place>();
                    rows.forEach(row -> places.add(new Place(
                            row.getInteger(0),
                            row.getLong(1),
                            row.getLong(2),
                            row.getLong(3),
                            row.getLong(4),
                            row.getLong(5))));
                    return move(connection, group, places, target, maySkip);
                });
    }

    private Future<Outcome> move(
            SqlConnection connection, Group group, List<Place> places, Target target, boolean maySkip) {
        var moves = new ArrayList<Moved>();
        for (var place : places) {
            var to = destination(place, target);
            if (to < place.beginOffset() || to > place.endOffset()) {
                return Future.succeededFuture(
                        new Outcome.OutOfRange(place.partition(), place.beginOffset(), place.endOffset()));
            }
            if (place.skips(to) && !maySkip) {
                return Future.succeededFuture(new Outcome.WouldSkip(place.partition(), place.readTo(), to));
            }
            moves.add(new Moved(place.partition(), place.committedOffset(), to));
        }
        var sought = new ArrayList<Future<Void>>();
        moves.forEach(moved -> sought.add(groups.seek(connection, group, moved.partition(), moved.toOffset())));
        return Future.all(sought).map(all -> new Outcome.Sought(group, moves));
    }

    private static long destination(Place place, Target target) {
        return switch (target) {
            case Target.Begin() -> place.beginOffset();
            case Target.End() -> place.endOffset();
            case Target.Offset(var offset) -> offset;
            case Target.Time(var _) -> place.offsetAtTime() == null ? place.endOffset() : place.offsetAtTime();
        };
    }
}
