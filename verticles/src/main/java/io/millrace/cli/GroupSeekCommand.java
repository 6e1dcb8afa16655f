package io.millrace.cli;

import io.millrace.cli.Table.Align;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace group seek}: moves a group to another place of its topic. */
@Command(
        name = "seek",
        description = {
            "Move a consumer group to another place of its topic, in all partitions or in one. Whoever owns them is fenced, and"
                    + " goes on from there.",
            "",
            "Going back reads records again, which the stages recognise. Going forward skips records, and is refused without"
                    + " --allow-skip: what is skipped never reaches the graph, and its jobs never complete."
        },
        footer = {
            "  millrace group seek shouting --begin",
            "  millrace group seek shouting --time 2026-11-21T17:00:00Z",
            "  millrace group seek shouting --partition 0 --offset 17"
        })
final class GroupSeekCommand extends AnswerCommand {

    @Parameters(paramLabel = "GROUP", description = "The group.")
    private String group = "";

    @ArgGroup(multiplicity = "1")
    private Target target = new Target();

    /** Where to; one of these. */
    private static final class Target {
        @Option(names = "--begin", description = "To the oldest records that are held.")
        boolean begin;

        @Option(names = "--end", description = "Behind the newest record.")
        boolean end;

        @Option(names = "--offset", paramLabel = "N", description = "To an offset of the --partition.")
        @Nullable
        Long offset;

        @Option(names = "--time", paramLabel = "TIME", description = "To the first record not before a time, or a day.")
        @Nullable
        String time;
    }

    @Option(names = "--partition", paramLabel = "P", description = "Only this partition.")
    private @Nullable Integer partition;

    @Option(names = "--allow-skip", description = "Also go past records that the group has not read.")
    private boolean allowSkip;

    GroupSeekCommand(Surroundings surroundings) {
        super(surroundings);
    }

    private record Moved(int partition, long fromOffset, long toOffset) {}

    private record Sought(String group, String topic, List<Moved> partitions) {}

    @Override
    View ask(ApiClient api) {
        var answer = api.post(Query.of("/v1/groups/%s/seek", group)
                .with("to", target.begin ? "begin" : target.end ? "end" : null)
                .with("offset", target.offset)
                .with("time", target.time)
                .with("partition", partition)
                .with("allow_skip", allowSkip ? true : null)
                .toString());
        var table = new Table(Align.RIGHT, Align.RIGHT, Align.RIGHT).row("PARTITION", "FROM", "TO");
        for (var moved : Json.read(answer, Sought.class).partitions()) {
            table.row(
                    Format.count(moved.partition()), Format.count(moved.fromOffset()), Format.count(moved.toOffset()));
        }
        return View.ofList(answer, "partitions", table.linesUnderHeader(terminal()));
    }
}
