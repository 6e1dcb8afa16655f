package io.millrace.pg;

import io.millrace.pg.EmbeddedServerException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The outcome of a short-lived program: its exit code, and what it printed on both streams. */
record Command(int exitCode, String output) {
    /** Stands for "the program does not exist", as in a shell. */
    static final int NOT_FOUND = 127;

    boolean succeeded() {
        return exitCode == 0;
    }

    /** Runs a program to its end, or kills it at the limit. */
    static Command run(Path workingDirectory, Duration limit, List<String> words) {
        Process process;
        try {
            process = builder(workingDirectory, words).redirectErrorStream(true).start();
        } catch (IOException e) {
            return new Command(NOT_FOUND, String.valueOf(e.getMessage()));
        }
        var output = CompletableFuture.supplyAsync(() -> outputOf(process), Thread::startVirtualThread);
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                return new Command(process.exitValue(), words.getFirst() + " did not end within " + limit);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw interrupted(e);
        }
        return new Command(process.exitValue(), output.join());
    }

    /**
     * A process with nothing on stdin and an environment that cannot change what PostgreSQL does: {@code PG*} variables
     * that are meant for clients would also move a server's port, data and time zone.
     */
    static ProcessBuilder builder(Path workingDirectory, List<String> words) {
        var builder = new ProcessBuilder(words)
                .directory(workingDirectory.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LC_"));
        builder.environment().put("LC_ALL", "C");
        return builder;
    }

    /** Keeps the thread's interrupt, which an unchecked exception would lose. */
    static EmbeddedServerException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new EmbeddedServerException(Reason.INTERRUPTED, "Interrupted while waiting for PostgreSQL.", cause);
    }

    private static String outputOf(Process process) {
        try (var stream = process.getInputStream()) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
