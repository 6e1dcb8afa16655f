package io.millrace.cli;

import io.millrace.cli.Table.Align;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace graph neighbors}: what an entity is related to. */
@Command(
        name = "neighbors",
        description = "List the relationships of an entity, out of it and into it.",
        exitCodeList = {
            "0:listed",
            "1:there is no such entity, or more than one, or the server refused",
            "2:wrong usage",
            "69:no server answers"
        },
        footer = {
            "  millrace graph neighbors \"Ada Lovelace\"",
            "  millrace graph neighbors \"Ada Lovelace\" --type WROTE_TO --direction out -o jsonl"
        })
final class GraphNeighborsCommand extends AnswerCommand {

    private static final int NAME_COLUMNS_MAX = 40;
    private static final int DESCRIPTION_COLUMNS_MAX = 60;

    /** As a UUID is written; Java reads shorter ones too, which may be names. */
    private static final String UUID_FORM = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

    @Parameters(paramLabel = "ENTITY", description = "Its name, in full, or its id.")
    private String entity = "";

    @Option(names = "--type", paramLabel = "TYPE", description = "Only relationships of this type, such as WROTE_TO.")
    private @Nullable String type;

    @Option(
            names = "--direction",
            paramLabel = "WAY",
            defaultValue = "both",
            description = "out, in or both (default: ${DEFAULT-VALUE}).")
    private String direction = "both";

    @Mixin
    private final LimitOption limit = new LimitOption();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    GraphNeighborsCommand(Surroundings surroundings) {
        super(surroundings);
    }

    private record Neighbor(
            String direction,
            String relationshipType,
            String otherId,
            @Nullable String otherName,
            @Nullable String otherType,
            @Nullable String description,
            long mentions) {}

    private record Neighbors(List<Neighbor> neighbors) {}

    private record Named(UUID id, String name, String entityType) {}

    private record NamedList(List<Named> entities) {}

    @Override
    View ask(ApiClient api) {
        var wanted = limit.value(spec);
        var id = entity.matches(UUID_FORM) ? UUID.fromString(entity) : idOfName(api);
        var answer = new Pages(api, "neighbors", () -> query(id)).first(wanted);
        var neighbors = Json.read(answer, Neighbors.class).neighbors();
        return neighbors.isEmpty()
                ? View.ofList(answer, "neighbors", List.of()).withNotes(List.of("it has no such relationship"))
                : View.ofList(answer, "neighbors", lines(neighbors));
    }

    private Query query(UUID id) {
        return Query.of("/v1/graph/entities/%s/neighbors", id)
                .with("type", type)
                .with("direction", direction.toLowerCase(Locale.ROOT));
    }

    private UUID idOfName(ApiClient api) {
        var answer = api.get(Query.of("/v1/graph/entities")
                .with("q", entity)
                .with("limit", 20)
                .toString());
        var like = Json.read(answer, NamedList.class).entities();
        var same = like.stream()
                .filter(found -> found.name().equalsIgnoreCase(entity))
                .toList();
        return switch (same.size()) {
            case 1 -> same.getFirst().id();
            case 0 ->
                throw ApiException.notFound(
                        like.isEmpty()
                                ? "no entity has this name or one like it"
                                : "no entity has exactly this name; there is " + listed(like));
            default -> throw ApiException.notFound("several entities have this name, take an id: " + listed(same));
        };
    }

    private static String listed(List<Named> entities) {
        return entities.stream()
                .limit(5)
                .map(one -> "%s (%s, %s)".formatted(Printable.text(one.name()), one.entityType(), one.id()))
                .collect(Collectors.joining("; "));
    }

    private List<String> lines(List<Neighbor> neighbors) {
        var table = new Table(Align.LEFT, Align.LEFT, Align.LEFT, Align.LEFT, Align.RIGHT, Align.LEFT)
                .row("", "RELATIONSHIP", "ENTITY", "TYPE", "MENTIONS", "DESCRIPTION");
        for (var one : neighbors) {
            table.row(
                    one.direction(),
                    one.relationshipType(),
                    Printable.shortened(
                            Printable.text(Objects.requireNonNullElse(one.otherName(), one.otherId())),
                            NAME_COLUMNS_MAX),
                    Objects.requireNonNullElse(one.otherType(), "-"),
                    Format.count(one.mentions()),
                    Printable.shortened(
                            Printable.text(Objects.requireNonNullElse(one.description(), "")),
                            DESCRIPTION_COLUMNS_MAX));
        }
        return table.linesUnderHeader(terminal());
    }
}
