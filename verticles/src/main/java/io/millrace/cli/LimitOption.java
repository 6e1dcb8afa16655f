package io.millrace.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code --limit}: how much of a list. */
final class LimitOption {

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "50",
            description = "So many at most (default: ${DEFAULT-VALUE}; up to 100000).")
    private int limit;

    int value(CommandSpec command) {
        if (limit < 1 || limit > Pages.LIMIT_MAX) {
            throw new ParameterException(
                    command.commandLine(), "--limit takes a number from 1 to " + Pages.LIMIT_MAX + ", not " + limit);
        }
        return limit;
    }
}
