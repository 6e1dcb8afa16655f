package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace topic}: the topics of the log. */
@Command(
        name = "topic",
        description = "Look at topics of the log, and use ones of your own.",
        subcommands = {
            TopicListCommand.class,
            TopicCreateCommand.class,
            TopicTailCommand.class,
            TopicProduceCommand.class
        })
final class TopicCommand {

    @Mixin
    final HelpOption help = new HelpOption();
}
