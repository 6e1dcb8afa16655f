package io.millrace.cli;

import io.millrace.cli.Table.Align;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code millrace group list}: who reads what, and how far each is behind. */
@Command(
        name = "list",
        description = {
            "List the consumer groups: the topic that each reads, how many records it is behind, and how many pods own its"
                    + " partitions.",
            "",
            "As JSON, each partition is listed with owner, epoch and offsets."
        },
        footer = {"  millrace group list --watch", "  millrace group list -o jsonl"})
final class GroupListCommand extends WatchableCommand {

    GroupListCommand(Surroundings surroundings) {
        super(surroundings);
    }

    private record Partition(int partition) {}

    private record Group(String group, String topic, long lag, int owners, List<Partition> partitions) {}

    private record Groups(List<Group> groups) {}

    @Override
    View ask(ApiClient api) {
        var answer = api.get("/v1/groups");
        var table = new Table(Align.LEFT, Align.LEFT, Align.RIGHT, Align.RIGHT, Align.RIGHT)
                .row("GROUP", "TOPIC", "PARTITIONS", "LAG", "PODS");
        for (var group : Json.read(answer, Groups.class).groups()) {
            table.row(
                    group.group(),
                    group.topic(),
                    Format.count(group.partitions().size()),
                    Format.count(group.lag()),
                    Format.count(group.owners()));
        }
        return View.ofList(answer, "groups", table.linesUnderHeader(terminal()));
    }
}
