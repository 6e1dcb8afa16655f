package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace topic tail}: records of a topic as they come. */
@Command(
        name = "tail",
        description = {
            "Show the records of a topic as they come, until Ctrl-C; with --begin, --from or --offset older ones first.",
            "",
            "As text a record is a line: time, partition/offset, key, value. As jsonl it is what `topic produce --format jsonl`"
                    + " reads. Within a partition records come in order."
        },
        footer = {
            "  millrace topic tail events",
            "  millrace topic tail documents --begin --limit 10 -o jsonl",
            "  millrace topic tail page-views --from 2026-11-21T17:00:00Z",
            "  millrace topic tail page-views --partition 0 --offset 17"
        })
final class TopicTailCommand extends ClientCommand {

    private static final String BEFORE_ALL = "1970-01-01T00:00:00Z";

    @Parameters(paramLabel = "TOPIC", description = "The topic.")
    private String topic = "";

    @ArgGroup
    private @Nullable Start start;

    /** Where to begin, if not at the end. */
    private static final class Start {
        @Option(names = "--begin", description = "Begin with the oldest records that are held.")
        boolean begin;

        @Option(names = "--from", paramLabel = "TIME", description = "Begin at a time, or a day, in UTC.")
        @Nullable
        String from;

        @Option(names = "--offset", paramLabel = "N", description = "Begin at an offset of the --partition.")
        @Nullable
        Long offset;
    }

    @Option(names = "--partition", paramLabel = "P", description = "Only this partition.")
    private @Nullable Integer partition;

    @Option(names = "--limit", paramLabel = "N", description = "End after so many records.")
    private @Nullable Integer limit;

    @Mixin
    private final OutputOption output = new OutputOption();

    TopicTailCommand(Surroundings surroundings) {
        super(surroundings);
    }

    private record TailedRecord(
            int partition,
            long offset,
            @Nullable String timestamp,
            @Nullable JsonNode key,
            @Nullable JsonNode value) {}

    @Override
    int run(ApiClient api) {
        api.getLines(path(), line -> {
            // An empty line is a sign of life.
            if (!line.isBlank()) {
                show(line);
            }
            return !out().checkError();
        });
        return ExitCode.OK;
    }

    private String path() {
        var from = start == null ? null : start.begin ? BEFORE_ALL : start.from;
        return Query.of("/v1/topics/%s/records", topic)
                .with("tail", true)
                .with("partition", partition)
                .with("offset", start == null ? null : start.offset)
                .with("from", from)
                .with("limit", limit)
                .toString();
    }

    private void show(String line) {
        new ViewPrinter(out(), err(), output.format(), surroundings().stdout())
                .show(View.of(line, output.format() == OutputFormat.TEXT ? List.of(text(line)) : List.of()));
    }

    private static String text(String line) {
        var found = Json.read(line, TailedRecord.class);
        return "%s  %d/%d  %s  %s"
                .formatted(
                        Format.time(found.timestamp()),
                        found.partition(),
                        found.offset(),
                        plain(found.key()),
                        plain(found.value()));
    }

    private static String plain(@Nullable JsonNode value) {
        return value == null || value.isNull()
                ? "-"
                : Printable.text(value.isTextual() ? value.asText() : value.toString());
    }
}
