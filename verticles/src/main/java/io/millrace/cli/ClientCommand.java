package io.millrace.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that talks to a server: it connects, runs, and turns what the server refuses into a line and an exit code. */
@Command(
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:the server refused", "2:wrong usage", "69:no server answers"},
        footerHeading = "%nExamples:%n")
abstract class ClientCommand implements Callable<Integer> {

    @Mixin
    final HelpOption help = new HelpOption();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private final Surroundings surroundings;

    ClientCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public final Integer call() {
        try (var api = server.connect(spec, surroundings.clock())) {
            return run(api);
        } catch (ClientException e) {
            complain(e.getMessage());
            return e.exitCode();
        }
    }

    abstract int run(ApiClient api);

    final Surroundings surroundings() {
        return surroundings;
    }

    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    final PrintWriter err() {
        return spec.commandLine().getErr();
    }

    final void print(Iterable<String> lines) {
        var out = out();
        lines.forEach(out::println);
        out.flush();
    }

    final void print(String line) {
        print(List.of(line));
    }

    final void complain(@Nullable String message) {
        var err = err();
        err.println("millrace: " + message);
        err.flush();
    }

    /** For requests that may be sent again, with a line to whoever waits. */
    final Retries retries() {
        return new Retries(
                RetryPolicy.DEFAULT,
                surroundings.sleeper(),
                (reason, pause) -> complain(reason.getMessage() + "; trying again in " + Format.seconds(pause)));
    }

    /** What is wrong with how the command was called, to be thrown. */
    final ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
