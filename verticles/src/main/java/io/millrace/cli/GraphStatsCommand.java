package io.millrace.cli;

import picocli.CommandLine.Command;

/** {@code millrace graph stats}: the size and shape of the graph, and how far the stages are behind. */
@Command(name = "stats", description = "Show how large the graph is, what is in it, and how far the stages are behind.")
final class GraphStatsCommand extends ClientCommand {

    GraphStatsCommand() {
        super(Surroundings.system());
    }

    @Override
    int run(ApiClient api) {
        var answer = api.get("/v1/graph/stats");
        if (json()) {
            printJson(answer);
        } else {
            print(GraphStatsText.lines(
                    Json.read(answer, GraphStats.class), surroundings().stdout()));
        }
        return ExitCode.OK;
    }
}
