package io.millrace.stream;

import io.millrace.pg.Database;
import io.millrace.pg.SqlStates;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** Reads where every group of the database stands, whoever runs it. */
public final class GroupReader {

    private final Database database;

    public GroupReader(Database database) {
        this.database = database;
    }

    private static final String LAG = """
            select l.group, l.topic, l.partition, l.owner, a.epoch, l.end_offset, l.committed_offset
            from stream.lag l
            join stream.groups g on g.name = l.group
            join stream.assignments a on a.group_id = g.group_id and a.partition_id = l.partition
            order by g.group_id, l.partition
            """;

    /** Every group, in the order in which they were made; {@code share} and {@code members} count owners. */
    public Future<List<GroupState>> groups() {
        return database.pool()
                .query(LAG)
                .execute()
                .map(rows -> {
                    var partitions = new LinkedHashMap<Named, List<PartitionState>>();
                    for (Row row : rows) {
                        partitions
                                .computeIfAbsent(
                                        new Named(row.getString(0), row.getString(1)), name -> new ArrayList<>())
                                .add(new PartitionState(
                                        row.getInteger(2),
                                        row.getUUID(3),
                                        row.getLong(4),
                                        row.getLong(5),
                                        row.getLong(6)));
                    }
                    var groups = new ArrayList<GroupState>();
                    partitions.forEach((name, of) -> groups.add(state(name, of)));
                    return (List<GroupState>) groups;
                })
                .recover(thrown -> Future.failedFuture(SqlStates.failure(thrown)));
    }

    private record Named(String group, String topic) {}

    private static GroupState state(Named name, List<PartitionState> partitions) {
        var owners = partitions.stream()
                .map(PartitionState::owner)
                .filter(owner -> owner != null)
                .distinct()
                .count();
        return new GroupState(name.group, name.topic, 0, (int) owners, partitions);
    }
}
