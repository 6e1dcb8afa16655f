package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace config}: the settings of a pod. */
@Command(name = "config", description = "Look at settings.", subcommands = ConfigShowCommand.class)
final class ConfigCommand {

    @Mixin
    final HelpOption help = new HelpOption();
}
