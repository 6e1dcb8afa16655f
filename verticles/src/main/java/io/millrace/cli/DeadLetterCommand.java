package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace deadletter}: records that a group could not process. */
@Command(
        name = "deadletter",
        description = "Decide about records that a group could not process.",
        subcommands = {DeadLetterListCommand.class, DeadLetterRetryCommand.class, DeadLetterDropCommand.class})
final class DeadLetterCommand {

    @Mixin
    final HelpOption help = new HelpOption();
}
