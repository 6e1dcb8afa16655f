package io.millrace.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace completion}: a script that teaches a shell the commands and options. */
@Command(
        name = "completion",
        description = {
            "Print a script that completes commands, options and their values in a shell.",
            "",
            "It completes `millrace` wherever that is called from, ./millrace too. Put the line of the example into ~/.bashrc"
                    + " or ~/.zshrc; each new shell then takes the time that this command takes, so save the script to a file"
                    + " and source that where it matters."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  source <(millrace completion bash)",
            "  autoload -Uz compinit && compinit && source <(millrace completion zsh)"
        })
final class CompletionCommand implements Callable<Integer> {

    /** One script serves both: under zsh it asks for zsh's emulation of bash's completion. */
    enum Shell {
        BASH,
        ZSH;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Mixin
    final HelpOption help = new HelpOption();

    @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}")
    private Shell shell = Shell.BASH;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        var out = spec.commandLine().getOut();
        out.println("# Completion of millrace for " + shell + ".");
        out.print(AutoComplete.bash("millrace", spec.root().commandLine()));
        out.flush();
        return ExitCode.OK;
    }
}
