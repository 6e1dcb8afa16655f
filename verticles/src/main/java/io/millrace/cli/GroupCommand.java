package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace group}: who reads the log, and how far. */
@Command(
        name = "group",
        description = "Look at consumer groups, and move them.",
        subcommands = {GroupListCommand.class, GroupSeekCommand.class})
final class GroupCommand {

    @Mixin
    final HelpOption help = new HelpOption();
}
