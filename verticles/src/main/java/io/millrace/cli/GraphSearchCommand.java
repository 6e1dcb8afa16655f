package io.millrace.cli;

import io.millrace.cli.Table.Align;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace graph search}: entities whose name is like a text, best first. */
@Command(
        name = "search",
        description = "Find entities by a name, or by one that is like it; best first.",
        footer = {"  millrace graph search \"ada lovelace\"", "  millrace graph search turing --type PERSON -o jsonl"})
final class GraphSearchCommand extends AnswerCommand {

    private static final int NAME_COLUMNS_MAX = 40;
    private static final int DESCRIPTION_COLUMNS_MAX = 60;

    @Parameters(paramLabel = "QUERY", description = "A name, or a part of one.")
    private String query = "";

    @Option(names = "--type", paramLabel = "TYPE", description = "Only entities of this type, such as PERSON.")
    private @Nullable String type;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "So many at most (default: ${DEFAULT-VALUE}).")
    private int limit;

    GraphSearchCommand(Surroundings surroundings) {
        super(surroundings);
    }

    /** As the server shows them. */
    record EntityList(List<Hit> entities) {

        EntityList(@Nullable List<Hit> entities) {
            this.entities = entities == null ? List.of() : List.copyOf(entities);
        }
    }

    record Hit(
            String name, String entityType, @Nullable String description, long mentions, long degree, double score) {}

    @Override
    View ask(ApiClient api) {
        var answer = api.get(path());
        var hits = Json.read(answer, EntityList.class).entities();
        return hits.isEmpty()
                ? View.ofList(answer, "entities", List.of())
                        .withNotes(List.of("no entity has a name like '" + Printable.text(query) + "'"))
                : View.ofList(answer, "entities", lines(hits, terminal()));
    }

    private String path() {
        return Query.of("/v1/graph/entities")
                .with("q", query)
                .with("type", type)
                .with("limit", limit)
                .toString();
    }

    static List<String> lines(List<Hit> hits, Terminal terminal) {
        var table = new Table(Align.LEFT, Align.LEFT, Align.RIGHT, Align.RIGHT, Align.RIGHT, Align.LEFT)
                .row("NAME", "TYPE", "MENTIONS", "DEGREE", "SCORE", "DESCRIPTION");
        for (var hit : hits) {
            var description = Printable.text(Objects.requireNonNullElse(hit.description(), ""));
            table.row(
                    Printable.shortened(Printable.text(hit.name()), NAME_COLUMNS_MAX),
                    hit.entityType(),
                    Format.count(hit.mentions()),
                    Format.count(hit.degree()),
                    String.format(Locale.ROOT, "%.2f", hit.score()),
                    Printable.shortened(description, DESCRIPTION_COLUMNS_MAX));
        }
        return table.linesUnderHeader(terminal);
    }
}
