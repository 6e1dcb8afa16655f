package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace job}: what was posted, and how far it has come. */
@Command(name = "job", description = "Look at jobs.", subcommands = JobShowCommand.class)
final class JobCommand {

    @Mixin
    final HelpOption help = new HelpOption();
}
