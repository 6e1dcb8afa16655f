package io.millrace.cli;

import io.millrace.cli.Table.Align;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace deadletter list}: what groups gave up, and why. */
@Command(
        name = "list",
        description = {
            "List records that a group could not process and put aside, with the reason: those about which nothing was decided,"
                    + " or all.",
            "",
            "The first column is what `deadletter retry` and `deadletter drop` take."
        },
        footer = {"  millrace deadletter list", "  millrace deadletter list --topic documents --state all -o jsonl"})
final class DeadLetterListCommand extends WatchableCommand {

    private static final int REASON_COLUMNS_MAX = 80;

    @Option(names = "--topic", paramLabel = "TOPIC", description = "Read from this topic.")
    private @Nullable String topic;

    @Option(
            names = "--state",
            paramLabel = "STATE",
            defaultValue = "open",
            description = "open, retried, dropped or all (default: ${DEFAULT-VALUE}).")
    private String state = "open";

    @Mixin
    private final LimitOption limit = new LimitOption();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    DeadLetterListCommand(Surroundings surroundings) {
        super(surroundings);
    }

    private record Letter(
            String topic,
            int partition,
            long offset,
            @Nullable String timestamp,
            @Nullable String state,
            @Nullable String group,
            @Nullable String reason) {}

    private record Letters(List<Letter> deadletters) {}

    @Override
    View ask(ApiClient api) {
        var answer = new Pages(api, "deadletters", this::query).first(limit.value(spec));
        var letters = Json.read(answer, Letters.class).deadletters();
        return letters.isEmpty()
                ? View.ofList(answer, "deadletters", List.of()).withNotes(List.of("no such dead letter"))
                : View.ofList(answer, "deadletters", lines(letters));
    }

    private Query query() {
        return Query.of("/v1/deadletters").with("topic", topic).with("state", state);
    }

    private List<String> lines(List<Letter> letters) {
        var table = new Table(Align.LEFT, Align.LEFT, Align.LEFT, Align.LEFT, Align.LEFT)
                .row("DEAD LETTER", "STATE", "GROUP", "GIVEN UP", "REASON");
        for (var letter : letters) {
            table.row(
                    "%s/%d/%d".formatted(letter.topic(), letter.partition(), letter.offset()),
                    Objects.requireNonNullElse(letter.state(), "-"),
                    Objects.requireNonNullElse(letter.group(), "-"),
                    Format.time(letter.timestamp()),
                    Printable.shortened(
                            Printable.text(Objects.requireNonNullElse(letter.reason(), "-")), REASON_COLUMNS_MAX));
        }
        return table.linesUnderHeader(terminal());
    }
}
