package io.millrace.cli;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import picocli.CommandLine;

/** What a command printed, and the code that it ended with. */
record CommandRun(int exitCode, String out, String err) {

    /** The whole command line, as a pipe sees it. */
    static CommandRun of(Surroundings surroundings, String... arguments) {
        return of(Cli.commandLine(surroundings), arguments);
    }

    static CommandRun of(CommandLine command, String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        var exitCode = command.setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        return new CommandRun(exitCode, out.toString(), err.toString());
    }

    static Surroundings surroundings(FakeTime time, String in) {
        return new Surroundings(
                new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
                Terminal.NONE,
                Terminal.NONE,
                time,
                time,
                Map.of());
    }
}
