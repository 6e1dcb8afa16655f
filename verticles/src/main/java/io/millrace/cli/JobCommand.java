package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace job}: what was posted, and how far it has come. */
@Command(
        name = "job",
        description = "Look at jobs, and call them off.",
        subcommands = {JobListCommand.class, JobShowCommand.class, JobCancelCommand.class})
final class JobCommand {

    @Mixin
    final HelpOption help = new HelpOption();
}
