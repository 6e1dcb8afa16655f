package io.millrace.cli;

import java.time.Duration;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code --watch}: look again and again. */
final class WatchOptions {

    private static final double SECONDS_MIN = 0.1;
    private static final double SECONDS_MAX = 3_600;

    @Option(
            names = {"-w", "--watch"},
            description = "Go on looking, and show what changes, until Ctrl-C.")
    private boolean watch;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            defaultValue = "2",
            description = "With --watch, how long to wait between two looks (default: ${DEFAULT-VALUE}).")
    private double seconds;

    boolean asked() {
        return watch;
    }

    Duration interval(CommandSpec command) {
        if (!(seconds >= SECONDS_MIN && seconds <= SECONDS_MAX)) {
            throw new ParameterException(
                    command.commandLine(), "--interval takes seconds, from 0.1 to 3600, not " + seconds);
        }
        return Duration.ofMillis(Math.round(seconds * 1_000));
    }
}
