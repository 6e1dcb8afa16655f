package io.millrace.cli;

import io.millrace.cli.Table.Align;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code millrace topic list}: what topics there are, and how much is in them. */
@Command(
        name = "list",
        description = {
            "List the topics of the log: partitions, records held, and when the last one came.",
            "",
            "Topics hold records of all workspaces. As JSON, each partition is listed with its offsets."
        },
        footer = {"  millrace topic list", "  millrace topic list --watch"})
final class TopicListCommand extends WatchableCommand {

    TopicListCommand(Surroundings surroundings) {
        super(surroundings);
    }

    private record Partition(@Nullable String lastRecordAt) {}

    private record Topic(String topic, long records, List<Partition> partitions) {
        @Nullable
        String lastRecordAt() {
            return partitions.stream()
                    .map(Partition::lastRecordAt)
                    .filter(Objects::nonNull)
                    .max(Comparator.naturalOrder())
                    .orElse(null);
        }
    }

    private record Topics(List<Topic> topics) {}

    @Override
    View ask(ApiClient api) {
        var answer = api.get("/v1/topics");
        var table = new Table(Align.LEFT, Align.RIGHT, Align.RIGHT, Align.LEFT)
                .row("TOPIC", "PARTITIONS", "RECORDS", "LAST RECORD");
        for (var topic : Json.read(answer, Topics.class).topics()) {
            table.row(
                    topic.topic(),
                    Format.count(topic.partitions().size()),
                    Format.count(topic.records()),
                    Format.time(topic.lastRecordAt()));
        }
        return View.ofList(answer, "topics", table.linesUnderHeader(terminal()));
    }
}
