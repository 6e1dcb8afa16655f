package io.millrace.cli;

import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What stands behind an output stream.
 *
 * @param interactive somebody watches, so that a line may be drawn over
 * @param colored escape sequences are understood and wanted (<a href="https://no-color.org">NO_COLOR</a>)
 * @param unicode the stream's charset has more than ASCII
 */
record Terminal(boolean interactive, boolean colored, boolean unicode) {

    static final Terminal NONE = new Terminal(false, false, true);

    static Terminal stdout() {
        return of(1, System.out);
    }

    static Terminal stderr() {
        return of(2, System.err);
    }

    private static Terminal of(int descriptor, PrintStream stream) {
        var interactive = isTerminal(descriptor) && !"dumb".equals(System.getenv("TERM"));
        var noColor = System.getenv("NO_COLOR");
        return new Terminal(
                interactive,
                interactive && (noColor == null || noColor.isEmpty()),
                charset(stream).newEncoder().canEncode('█'));
    }

    /**
     * The charset to write to a stream in. Java takes ASCII where the locale is C or POSIX, that is, where nobody has said
     * anything, as in cron and in most containers; what stands behind the stream reads UTF-8 there as everywhere, and
     * question marks help nobody.
     */
    static Charset charset(PrintStream stream) {
        var charset = stream.charset();
        return charset.equals(StandardCharsets.US_ASCII) ? StandardCharsets.UTF_8 : charset;
    }

    /**
     * Java tells only whether input and output both are terminals, which is wrong for a progress bar while one of them is
     * a pipe. Linux tells it of each descriptor.
     */
    private static boolean isTerminal(int descriptor) {
        try {
            var target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException _) {
            return Optional.ofNullable(System.console())
                    .map(Console::isTerminal)
                    .orElse(false);
        }
    }

    String bold(String text) {
        return styled(text, 1);
    }

    String green(String text) {
        return styled(text, 32);
    }

    String red(String text) {
        return styled(text, 31);
    }

    /** A bar of so many of the columns, the rest left to the caller. */
    String bar(int columns) {
        return (unicode ? "█" : "#").repeat(columns);
    }

    String trough(int columns) {
        return (unicode ? "░" : "-").repeat(columns);
    }

    private String styled(String text, int code) {
        return colored ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
