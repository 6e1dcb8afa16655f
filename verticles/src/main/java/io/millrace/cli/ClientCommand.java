package io.millrace.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that talks to a server: it connects, runs, and turns what the server refuses into a line and an exit code. */
@Command(
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:the server refused", "2:wrong usage", "69:no server answers"})
abstract class ClientCommand implements Callable<Integer> {

    @Mixin
    final HelpOption help = new HelpOption();

    @Mixin
    private final ClientOptions options = new ClientOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private final Surroundings surroundings;

    ClientCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public final Integer call() {
        try (var api = options.connect(spec, surroundings.clock())) {
            return run(api);
        } catch (ClientException e) {
            complain(e.getMessage());
            return e.exitCode();
        }
    }

    abstract int run(ApiClient api);

    final CommandSpec spec() {
        return spec;
    }

    final Surroundings surroundings() {
        return surroundings;
    }

    final boolean json() {
        return options.json();
    }

    final void print(Iterable<String> lines) {
        PrintWriter out = spec.commandLine().getOut();
        lines.forEach(out::println);
        out.flush();
    }

    final void printJson(String json) {
        print(List.of(Json.pretty(json, !surroundings.stdout().unicode())));
    }

    final void complain(@Nullable String message) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("millrace: " + message);
        err.flush();
    }
}
