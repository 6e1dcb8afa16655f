package io.millrace.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;

/** The command line: a noun and a verb, or one of the commands that run a pod. */
@Command(
        name = "millrace",
        mixinStandardHelpOptions = true,
        version = "millrace 0.1.0",
        description = "Turns documents into a knowledge graph, exactly once, in one PostgreSQL.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:the server refused, a document or job failed, a difference was found, or output could not be written",
            "2:wrong usage, or a file that does not exist; nothing was sent",
            "69:no server answers, or it went away; of the launcher: no JDK 25 or no Maven",
            "70:the build failed, or a batch overran its deadline and ended the process",
            "130:Ctrl-C"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace demo                          serve, with sample documents in it",
            "  millrace ingest notes/ report.md       bring documents to a server",
            "  millrace graph search \"ada lovelace\"   look into the graph",
            "  millrace graph stats --watch           look on while it grows",
            "  millrace topic list -o jsonl | jq .    results for programs",
            "",
            "Environment: MILLRACE_URL and MILLRACE_WORKSPACE say which server and workspace are meant; NO_COLOR takes"
                    + " colours away, as does any output that is no terminal. `millrace COMMAND --help` has examples of each."
        },
        subcommands = {
            DemoCommand.class,
            ServeCommand.class,
            MigrateCommand.class,
            IngestCommand.class,
            JobCommand.class,
            DocumentCommand.class,
            GraphCommand.class,
            TopicCommand.class,
            GroupCommand.class,
            DeadLetterCommand.class,
            ConfigCommand.class,
            CompletionCommand.class
        })
public final class Cli {

    private Cli() {}

    /** Runs a command; gives its exit status. */
    public static int run(String[] arguments) {
        var output = StandardOutput.of(new FileOutputStream(FileDescriptor.out));
        var command = commandLine(Surroundings.system())
                .setOut(writer(output, Terminal.charset(System.out)))
                .setErr(writer(new FileOutputStream(FileDescriptor.err), Terminal.charset(System.err)));
        return run(command, output, arguments);
    }

    /** A command does not see when its output is not taken, and half a result shall not pass for a whole one. */
    static int run(CommandLine command, StandardOutput output, String... arguments) {
        var exitCode = command.execute(arguments);
        command.getOut().flush();
        var fault = output.fault();
        if (exitCode != ExitCode.OK || fault == null) {
            return exitCode;
        }
        command.getErr().println("millrace: standard output cannot be written: " + fault);
        return ExitCode.FAILED;
    }

    static CommandLine commandLine(Surroundings surroundings) {
        return prepared(new CommandLine(new Cli(), new CommandFactory(surroundings)), surroundings);
    }

    /** Of one command and what is below it: how values are read, help is coloured and failures are told. */
    static CommandLine prepared(CommandLine command, Surroundings surroundings) {
        // picocli would colour help for pipes too: Java 22 and later have a console that is no terminal.
        var ansi = surroundings.stdout().colored() ? Help.Ansi.ON : Help.Ansi.OFF;
        return command.setCaseInsensitiveEnumValuesAllowed(true)
                .setColorScheme(Help.defaultColorScheme(ansi))
                .setExecutionExceptionHandler((failure, failed, parsed) -> {
                    failed.getErr().println("millrace: " + failure.getMessage());
                    return ExitCode.FAILED;
                });
    }

    static PrintWriter writer(OutputStream stream, Charset charset) {
        return new PrintWriter(new OutputStreamWriter(stream, charset), true);
    }
}
