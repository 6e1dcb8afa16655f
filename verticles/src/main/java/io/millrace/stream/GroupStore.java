package io.millrace.stream;

import io.millrace.pg.Columns;
import io.millrace.pg.Database;
import io.millrace.pg.SqlStates;
import io.vertx.core.Future;
import io.vertx.pgclient.data.Interval;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Groups, claims and commits in the database; the functions themselves are in {@code sql}. */
public final class GroupStore {

    private final Database database;

    public GroupStore(Database database) {
        this.database = database;
    }

    private static final String CREATE_GROUP = """
            select group_id
            from stream.create_group($1, $2)
            """;

    /** The group of that name; a new one begins at the first record of its topic. */
    public Future<Group> createGroup(String name, Topic topic) {
        return query(database.pool(), CREATE_GROUP, Tuple.of(name, topic.id()))
                .map(rows -> new Group(rows.iterator().next().getInteger(0), name, topic));
    }

    private static final String REAP = """
            delete from stream.members
            where lease_until < clock_timestamp() - interval '1 day'
            """;

    /** Forgets members that have been gone for a day. */
    Future<Void> reap() {
        return query(database.pool(), REAP, Tuple.tuple()).mapEmpty();
    }

    /** What a tick found: what was claimed by it, where every partition stands, and how many pods live. */
    record Tick(Map<Integer, List<Claim>> claims, Map<Integer, GroupState> states, int pods) {}

    /** A partition that this member runs. */
    record Running(int groupId, int partition) {}

    private static final String CREATE_SEGMENTS_AHEAD = """
            select stream.create_segments_ahead($1, $2)
            """;

    /** Makes the segments that are due within {@code ahead}; gives how many. */
    Future<Integer> createSegmentsAhead(Duration length, Duration ahead) {
        return query(database.pool(), CREATE_SEGMENTS_AHEAD, Tuple.of(interval(length), interval(ahead)))
                .map(rows -> rows.iterator().next().getInteger(0));
    }

    private static final String TICK = """
            select group_id, partition_id, owner, epoch, end_offset, sequence, committed_offset, processed, unclean_claims,
              trial_offset, trial_end, trials, claimed, share, members, pods
            from stream.tick($1, $2, $3, $4, $5, $6)
            """;

    /**
     * Claims what a member may claim, and looks where every partition stands.
     *
     * @param groups the groups to look at
     * @param serving those of them that the member takes part in
     * @param running partitions that it runs already
     */
    Future<Tick> tick(
            UUID memberId,
            Duration lease,
            Collection<Group> groups,
            Collection<Group> serving,
            Collection<Running> running) {
        var runningGroups = running.stream().map(Running::groupId).toArray(Integer[]::new);
        var runningPartitions = running.stream().map(Running::partition).toArray(Integer[]::new);
        var parameters =
                Tuple.of(memberId, interval(lease), ids(groups), ids(serving), runningGroups, runningPartitions);
        return query(database.pool(), TICK, parameters).map(rows -> tick(groups, rows));
    }

    private static Tick tick(Collection<Group> groups, RowSet<Row> rows) {
        var claims = new HashMap<Integer, List<Claim>>();
        var partitions = new HashMap<Integer, List<PartitionState>>();
        var shares = new HashMap<Integer, Integer>();
        var members = new HashMap<Integer, Integer>();
        var pods = 0;
        for (var row : rows) {
            pods = row.getInteger(15);
            var groupId = row.getInteger(0);
            if (row.getBoolean(12)) {
                claims.computeIfAbsent(groupId, id -> new ArrayList<>()).add(claim(row));
            } else {
                shares.put(groupId, row.getInteger(13));
                members.put(groupId, row.getInteger(14));
                partitions
                        .computeIfAbsent(groupId, id -> new ArrayList<>())
                        .add(new PartitionState(
                                row.getInteger(1), row.getUUID(2), row.getLong(3), row.getLong(4), row.getLong(6)));
            }
        }
        var states = new HashMap<Integer, GroupState>();
        for (var group : groups) {
            states.put(
                    group.id(),
                    new GroupState(
                            group.name(),
                            group.topic().name(),
                            shares.getOrDefault(group.id(), 0),
                            members.getOrDefault(group.id(), 0),
                            partitions.getOrDefault(group.id(), List.of())));
        }
        return new Tick(claims, states, pods);
    }

    private static Claim claim(Row row) {
        return new Claim(
                row.getInteger(1),
                row.getLong(3),
                row.getLong(5),
                row.getLong(6),
                OffsetRanges.of(row.getArrayOfLongs(7)),
                row.getInteger(8),
                row.getLong(9),
                row.getLong(10),
                row.getInteger(11));
    }

    private static final String COMMIT_OFFSET = """
            select stream.commit_offset($1, $2, $3, $4, $5)
            """;

    /** The fence: first statement of a batch's transaction. Fails with FENCED when the partition is another's by now. */
    static Future<Void> commitOffset(SqlClient connection, Group group, Claim claim, long sequence, long offset) {
        return query(
                        connection,
                        COMMIT_OFFSET,
                        Tuple.of(group.id(), claim.partition(), claim.epoch(), sequence, offset))
                .mapEmpty();
    }

    private static final String COMMIT_OFFSETS = """
            select stream.commit_offsets($1, $2, $3, $4, $5)
            """;

    /** The fence of several partitions: fails with FENCED when one of them is another's by now. */
    static Future<Void> commitOffsets(SqlClient connection, Group group, List<BatchCommits.Step> steps) {
        if (steps.size() == 1) {
            var only = steps.getFirst();
            return commitOffset(
                    connection,
                    group,
                    only.claim(),
                    only.sequence(),
                    only.batch().to());
        }
        var parameters = Tuple.of(
                group.id(),
                Columns.ints(steps, step -> step.claim().partition()),
                Columns.longs(steps, step -> step.claim().epoch()),
                Columns.longs(steps, BatchCommits.Step::sequence),
                Columns.longs(steps, step -> step.batch().to()));
        return query(connection, COMMIT_OFFSETS, parameters).mapEmpty();
    }

    private static final String BEGIN_OFFSET = """
            select floor_offset
            from stream.partitions
            where topic_id = $1 and partition_id = $2
            """;

    /** The first offset that a partition holds. */
    Future<Long> beginOffset(Topic topic, int partition) {
        return query(database.pool(), BEGIN_OFFSET, Tuple.of(topic.id(), partition))
                .map(rows -> rows.iterator().next().getLong(0));
    }

    private static final String MARK_TRIAL = """
            select stream.mark_trial($1, $2, $3, $4, $5)
            """;

    /** Marks durably that records are about to be tried: should the process end over them, that is counted. */
    Future<Void> markTrial(Group group, Claim claim, long from, long to) {
        return query(database.pool(), MARK_TRIAL, Tuple.of(group.id(), claim.partition(), claim.epoch(), from, to))
                .mapEmpty();
    }

    private static final String UNMARK_TRIAL = """
            select stream.unmark_trial($1, $2, $3)
            """;

    /** Takes the mark away: the trial is over, and the process is still there. */
    Future<Void> unmarkTrial(Group group, Claim claim) {
        return query(database.pool(), UNMARK_TRIAL, Tuple.of(group.id(), claim.partition(), claim.epoch()))
                .mapEmpty();
    }

    private static final String RELEASE = """
            select stream.release($1, $2, $3)
            """;

    /** Gives a partition back, between two batches. */
    Future<Void> release(Group group, Claim claim) {
        return query(database.pool(), RELEASE, Tuple.of(group.id(), claim.partition(), claim.epoch()))
                .mapEmpty();
    }

    private static final String LEAVE = """
            select stream.leave($1, $2)
            """;

    /** Takes a member out of a group, once it runs no partition of it any more. */
    Future<Void> leave(Group group, UUID memberId) {
        return query(database.pool(), LEAVE, Tuple.of(group.id(), memberId)).mapEmpty();
    }

    private static final String TRIM_COMMITS = """
            select stream.trim_commits($1, $2, $3)
            """;

    Future<Void> trimCommits(Group group, int partition, long before) {
        return query(database.pool(), TRIM_COMMITS, Tuple.of(group.id(), partition, before))
                .mapEmpty();
    }

    private static final String SEEK = """
            select stream.seek($1, $2, $3)
            """;

    /** Moves a partition of a group to an offset, within the caller's transaction; whoever owns it is fenced. */
    public Future<Void> seek(SqlClient connection, Group group, int partition, long offset) {
        return query(connection, SEEK, Tuple.of(group.id(), partition, offset)).mapEmpty();
    }

    private static Integer[] ids(Collection<Group> groups) {
        return groups.stream().map(Group::id).toArray(Integer[]::new);
    }

    private static Interval interval(Duration duration) {
        return Interval.of(duration);
    }

    private static Future<RowSet<Row>> query(SqlClient client, String sql, Tuple parameters) {
        return client.preparedQuery(sql)
                .execute(parameters)
                .recover(thrown -> Future.failedFuture(SqlStates.failure(thrown)));
    }
}
