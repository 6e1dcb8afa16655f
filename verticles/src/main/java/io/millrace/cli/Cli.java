package io.millrace.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line: a noun and a verb, or one of the commands that run a pod. */
@Command(
        name = "millrace",
        mixinStandardHelpOptions = true,
        version = "millrace 0.1.0",
        description = "Turns documents into a knowledge graph, exactly once, in one PostgreSQL.",
        subcommands = {
            DemoCommand.class,
            ServeCommand.class,
            MigrateCommand.class,
            IngestCommand.class,
            JobCommand.class,
            GraphCommand.class
        })
public final class Cli {

    private Cli() {}

    /** Runs a command; gives its exit status. */
    public static int run(String[] arguments) {
        return new CommandLine(new Cli())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    command.getErr().println("millrace: " + failure.getMessage());
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(arguments);
    }
}
