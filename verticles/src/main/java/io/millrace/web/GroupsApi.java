package io.millrace.web;

import io.millrace.MillraceException.Conflict;
import io.millrace.MillraceException.InvalidParameter;
import io.millrace.MillraceException.NotFound;
import io.millrace.pg.Database;
import io.millrace.stream.GroupReader;
import io.millrace.stream.GroupSeek;
import io.millrace.stream.GroupState;
import io.millrace.stream.PartitionState;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code /v1/groups}: consumer groups, who owns what, and how far each has read. */
final class GroupsApi {

    private static final int MAX_PARTITION = 1_023;

    private final Supplier<Database> database;

    GroupsApi(Supplier<Database> database) {
        this.database = database;
    }

    void mount(Router router) {
        router.get("/v1/groups").handler(this::list);
        router.post("/v1/groups/:group/seek").handler(this::seek);
    }

    private record PartitionView(
            int partition, @Nullable UUID owner, long epoch, long committedOffset, long endOffset, long lag) {}

    private record GroupView(String group, String topic, long lag, int owners, List<PartitionView> partitions) {
        static GroupView of(GroupState group) {
            return new GroupView(
                    group.group(),
                    group.topic(),
                    group.lag(),
                    group.members(),
                    group.partitions().stream().map(GroupView::partition).toList());
        }

        private static PartitionView partition(PartitionState partition) {
            return new PartitionView(
                    partition.partition(),
                    partition.owner(),
                    partition.epoch(),
                    partition.committedOffset(),
                    partition.endOffset(),
                    partition.lag());
        }
    }

    private record GroupList(List<GroupView> groups) {}

    private void list(RoutingContext context) {
        Requests.onlyKnows(context);
        Requests.answer(
                context,
                new GroupReader(database.get()).groups(),
                found -> Json.answer(
                        context,
                        200,
                        new GroupList(found.stream().map(GroupView::of).toList())));
    }

    private record SeekView(String group, String topic, List<GroupSeek.Moved> partitions) {}

    private void seek(RoutingContext context) {
        Requests.onlyKnows(context, "to", "offset", "time", "partition", "allow_skip");
        var name = context.pathParam("group");
        var partition = Requests.number(context, "partition", 0, MAX_PARTITION);
        var sought = new GroupSeek(database.get())
                .seek(
                        name,
                        partition == null ? null : partition.intValue(),
                        target(context),
                        Requests.flag(context, "allow_skip", false));
        Requests.answerToWrite(context, sought, outcome -> Json.answer(context, 200, view(name, outcome)));
    }

    private static GroupSeek.Target target(RoutingContext context) {
        var to = Requests.oneOf(context, "to", List.of("begin", "end"));
        var offset = Requests.number(context, "offset", 0, Long.MAX_VALUE);
        var time = Times.optional(context, "time");
        if (Stream.of(to, offset, time).filter(Objects::nonNull).count() != 1) {
            throw new InvalidParameter("to", "Give one of to=begin, to=end, offset and time.");
        }
        if (offset != null) {
            if (Requests.text(context, "partition") == null) {
                throw new InvalidParameter("partition", "An offset is one of a partition: say which.");
            }
            return new GroupSeek.Target.Offset(offset);
        }
        if (time != null) {
            return new GroupSeek.Target.Time(time);
        }
        return "begin".equals(to) ? new GroupSeek.Target.Begin() : new GroupSeek.Target.End();
    }

    private static SeekView view(String name, GroupSeek.Outcome outcome) {
        return switch (outcome) {
            case GroupSeek.Outcome.Sought(var group, var partitions) ->
                new SeekView(group.name(), group.topic().name(), partitions);
            case GroupSeek.Outcome.NoSuchGroup() -> throw new NotFound("group", name);
            case GroupSeek.Outcome.NoSuchPartition(var partitions) ->
                throw new InvalidParameter("partition", "The topic of the group has " + partitions + " partitions.");
            case GroupSeek.Outcome.OutOfRange(var partition, var begin, var end) ->
                throw new InvalidParameter(
                        "offset", "Partition %d holds offsets %d to %d.".formatted(partition, begin, end));
            case GroupSeek.Outcome.WouldSkip(var partition, var readTo, var toOffset) ->
                throw new Conflict(
                        "Group %s has read partition %d up to offset %d: going on at %d would skip records. Nothing was moved; allow_skip=true allows it."
                                .formatted(name, partition, readTo, toOffset),
                        Map.of("partition", partition, "read_to", readTo, "to_offset", toOffset));
        };
    }
}
