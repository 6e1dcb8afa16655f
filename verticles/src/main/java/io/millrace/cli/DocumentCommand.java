package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace document}: what was posted under a source_uri. */
@Command(
        name = "document",
        description = "Look at documents.",
        subcommands = {DocumentShowCommand.class})
final class DocumentCommand {

    @Mixin
    final HelpOption help = new HelpOption();
}
