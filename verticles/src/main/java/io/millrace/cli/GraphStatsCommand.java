package io.millrace.cli;

import picocli.CommandLine.Command;

/** {@code millrace graph stats}: the size and shape of the graph, and how far the stages are behind. */
@Command(
        name = "stats",
        description = "Show how large the graph is, what is in it, and how far the stages are behind.",
        footer = {"  millrace graph stats", "  millrace graph stats --watch --interval 0.5"})
final class GraphStatsCommand extends WatchableCommand {

    GraphStatsCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    View ask(ApiClient api) {
        var answer = api.get("/v1/graph/stats");
        return View.of(answer, GraphStatsText.lines(Json.read(answer, GraphStats.class), terminal()));
    }
}
