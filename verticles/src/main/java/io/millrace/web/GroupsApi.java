package io.millrace.web;

import io.millrace.stream.GroupReader;
import io.millrace.stream.GroupState;
import io.millrace.stream.PartitionState;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code /v1/groups}: consumer groups, who owns what, and how far each has read. */
final class GroupsApi {

    private final Supplier<GroupReader> groups;

    GroupsApi(Supplier<GroupReader> groups) {
        this.groups = groups;
    }

    void mount(Router router) {
        router.get("/v1/groups").handler(this::list);
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
                groups.get().groups(),
                found -> Json.answer(
                        context,
                        200,
                        new GroupList(found.stream().map(GroupView::of).toList())));
    }
}
