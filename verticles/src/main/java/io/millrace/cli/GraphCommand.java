package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace graph}: what the documents came to. */
@Command(
        name = "graph",
        description = "Look into the knowledge graph.",
        subcommands = {
            GraphStatsCommand.class,
            GraphSearchCommand.class,
            GraphNeighborsCommand.class,
            GraphExportCommand.class,
            GraphVerifyCommand.class,
            GraphRebuildCommand.class
        })
final class GraphCommand {

    @Mixin
    final HelpOption help = new HelpOption();
}
