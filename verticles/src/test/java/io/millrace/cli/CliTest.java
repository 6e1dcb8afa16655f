package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What holds for every command. */
class CliTest {

    private static final Surroundings SURROUNDINGS = CommandRun.surroundings(new FakeTime(), "");

    @TempDir
    private Path folder;

    static Stream<List<String>> verbs() {
        return all(Cli.commandLine(SURROUNDINGS))
                .filter(command -> command.getSubcommands().isEmpty())
                .map(CliTest::path);
    }

    private static Stream<CommandLine> all(CommandLine command) {
        return Stream.concat(
                Stream.of(command), command.getSubcommands().values().stream().flatMap(CliTest::all));
    }

    private static List<String> path(CommandLine command) {
        return List.of(command.getCommandSpec().qualifiedName(" ").split(" ", -1))
                .subList(1, depth(command));
    }

    private static int depth(CommandLine command) {
        return command.getCommandSpec().qualifiedName(" ").split(" ", -1).length;
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void helpHasAnExampleOfItself(List<String> verb) {
        var run = run(verb, "--help");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains("Usage: millrace " + String.join(" ", verb), "Examples:")
                .containsPattern("\n  .*millrace " + String.join(" ", verb) + "\\b");
        assertThat(run.out().lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(110));
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void aWrongOptionIsWrongUsage(List<String> verb) {
        assertThat(run(verb, "--no-such-option").exitCode()).isEqualTo(2);
    }

    @Test
    void theFirstHelpTellsCommandsExitCodesAndEnvironment() {
        var help = run(List.of(), "--help").out();

        assertThat(help).contains("Exit codes:", "69", "130", "MILLRACE_URL", "NO_COLOR", "Examples:");
        assertThat(verbs().map(List::getFirst).distinct())
                .allSatisfy(noun -> assertThat(help).containsPattern("\n  " + noun + " "));
    }

    @Test
    void helpIsColouredOnlyWhereColoursAreWanted() {
        var colored = new Surroundings(
                SURROUNDINGS.in(),
                new Terminal(true, true, true),
                Terminal.NONE,
                SURROUNDINGS.clock(),
                SURROUNDINGS.sleeper(),
                SURROUNDINGS.environment());

        assertThat(CommandRun.of(colored, "--help").out()).contains("\u001b[");
        assertThat(run(List.of(), "--help").out()).doesNotContain("\u001b[");
    }

    @Test
    void noCommandIsWrongUsage() {
        assertThat(run(List.of()).exitCode()).isEqualTo(2);
    }

    @Test
    void whereNobodyChoseALocaleTextIsUtf8() {
        try (var ascii = stream("US-ASCII");
                var latin = stream("ISO-8859-1");
                var utf8 = stream("UTF-8")) {
            assertThat(Terminal.charset(ascii)).isEqualTo(StandardCharsets.UTF_8);
            assertThat(Terminal.charset(latin)).isEqualTo(StandardCharsets.ISO_8859_1);
            assertThat(Terminal.charset(utf8)).isEqualTo(StandardCharsets.UTF_8);
        }
    }

    private static PrintStream stream(String charset) {
        return new PrintStream(OutputStream.nullOutputStream(), false, Charset.forName(charset));
    }

    @Test
    void outputThatCannotBeWrittenIsAFailure() {
        var run = runInto("No space left on device", false);

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("millrace: standard output cannot be written: No space left on device\n");
    }

    @Test
    void aReaderThatHasSeenEnoughIsNone() {
        assertThat(runInto("Broken pipe", false)).isEqualTo(new CommandRun(0, "", ""));
        assertThat(runInto("Datenübergabe unterbrochen", true)).isEqualTo(new CommandRun(0, "", ""));
    }

    /** {@code config show}, whose output fails with this. */
    private static CommandRun runInto(String failure, boolean pipe) {
        var broken = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException(failure);
            }
        };
        var err = new StringWriter();
        try (var output = new StandardOutput(broken, pipe)) {
            var command = Cli.commandLine(SURROUNDINGS)
                    .setOut(Cli.writer(output, StandardCharsets.UTF_8))
                    .setErr(new PrintWriter(err, true));
            return new CommandRun(Cli.run(command, output, "config", "show"), "", err.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "zsh"})
    void completionIsAScriptThatKnowsEveryVerb(String shell) throws Exception {
        var script = run(List.of("completion"), shell).out();

        assertThat(verbs()).allSatisfy(verb -> assertThat(script).contains(String.join("_", verb)));
        var file = Files.writeString(folder.resolve("completion"), script);
        var check =
                new ProcessBuilder("bash", "-n", file.toString()).inheritIO().start();
        assertThat(check.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(check.exitValue()).isZero();
    }

    @Test
    void bashCompletesWithTheScript() throws Exception {
        var file = Files.writeString(
                folder.resolve("completion"), run(List.of("completion"), "bash").out());
        var typed =
                "source %s; COMP_WORDS=(millrace graph se); COMP_CWORD=2; _complete_millrace; echo \"${COMPREPLY[@]}\""
                        .formatted(file);

        var bash = new ProcessBuilder("bash", "-c", typed)
                .redirectErrorStream(true)
                .start();

        assertThat(new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip())
                .isEqualTo("search");
    }

    @Test
    void aPortThatIsTakenIsNamedWithItsSetting() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var port = Integer.toString(taken.getLocalPort());

            var run = run(List.of("serve"), "--port", port, "--data-dir", folder.toString());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err())
                    .contains("cannot listen on 127.0.0.1 port " + port, "http.port", "Address already in use");
            assertThat(folder).isEmptyDirectory();
        }
    }

    @Test
    void anUnknownShellIsWrongUsage() {
        assertThat(run(List.of("completion"), "tcsh").exitCode()).isEqualTo(2);
        assertThat(run(List.of("completion")).exitCode()).isEqualTo(2);
    }

    @Test
    void theHintOfTheDemoNamesTheFolderThatWasGiven() {
        assertThat(DemoCommand.whatNext("http://127.0.0.1:8080", " --data-dir '/a b'"))
                .contains("  ./millrace graph verify --data-dir '/a b'");
    }

    private static CommandRun run(List<String> verb, String... arguments) {
        return CommandRun.of(
                SURROUNDINGS, Stream.concat(verb.stream(), Stream.of(arguments)).toArray(String[]::new));
    }
}
