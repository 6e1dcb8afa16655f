package io.millrace.pg;

import io.millrace.pg.EmbeddedServerException.Reason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** PostgreSQL's first process, the parent of all its others: how it is started, watched and stopped. */
final class Postmaster {
    private static final Logger log = LoggerFactory.getLogger(Postmaster.class);
    private static final Path ROOT = Path.of("/");
    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(10);
    private static final Duration FAST_SHUTDOWN_LIMIT = Duration.ofSeconds(30);
    private static final Duration IMMEDIATE_SHUTDOWN_LIMIT = Duration.ofSeconds(10);
    private static final Duration DYING_LIMIT = Duration.ofSeconds(10);
    private static final int LOG_TAIL_BYTES = 4_000;

    private final Process process;
    private final Path logFile;
    private final long loggedBefore;

    private Postmaster(Process process, Path logFile, long loggedBefore) {
        this.process = process;
        this.logFile = logFile;
        this.loggedBefore = loggedBefore;
    }

    /** Starts the command in a session of its own; what it prints goes to the folder's log. */
    static Postmaster spawn(DataFolder folder, List<String> command, Map<String, String> environment) {
        var logFile = folder.logFile();
        var words = new ArrayList<>(ownSession());
        words.addAll(command);
        try {
            var loggedBefore = Files.size(logFile);
            var builder = Command.builder(folder.path(), words)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()));
            builder.environment().putAll(environment);
            return new Postmaster(builder.start(), logFile, loggedBefore);
        } catch (IOException e) {
            throw new EmbeddedServerException(
                    Reason.DID_NOT_START, "PostgreSQL could not be started: " + e.getMessage(), e);
        }
    }

    /**
     * Stops the server that an earlier owner left running when it was killed. Stopping it, rather than using it again,
     * makes the parameters of this start count, and makes the new server our child, whose end we notice.
     */
    static void stopStranded(DataFolder folder) {
        folder.recordedPostmaster()
                .flatMap(recorded -> ProcessHandle.of(recorded.pid()))
                .filter(ProcessHandle::isAlive)
                .ifPresent(process -> {
                    if (runsOn(process, folder.cluster())) {
                        log.warn(
                                "Stopping PostgreSQL {}, which a killed process left in {}",
                                process.pid(),
                                folder.path());
                        stop(process);
                    } else if (isSurelyForeign(process)) {
                        log.info("Ignoring the recorded server {}: it is another program now", process.pid());
                        folder.forgetPostmaster();
                    } else {
                        // Killed a moment ago: PostgreSQL would still find its pid taken, and refuse.
                        endsWithin(process, DYING_LIMIT);
                    }
                });
    }

    boolean is(DataFolder.RecordedPostmaster recorded) {
        return recorded.pid() == process.pid();
    }

    /** Waits at most so long for the process's end; true when it has ended. */
    boolean endsWithin(Duration wait) throws InterruptedException {
        return process.waitFor(wait.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The end of what the server has logged since this start. */
    String said() {
        try (var file = new RandomAccessFile(logFile.toFile(), "r")) {
            file.seek(Math.max(loggedBefore, file.length() - LOG_TAIL_BYTES));
            var bytes = new byte[LOG_TAIL_BYTES];
            var read = file.read(bytes);
            return read <= 0 ? "(nothing)" : new String(bytes, 0, read, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "(unreadable: " + e.getMessage() + ")";
        }
    }

    void stop() {
        stop(process.toHandle());
    }

    /** The words that give a command a session of its own; macOS has no {@code setsid} but a Perl that knows it. */
    private static List<String> ownSession() {
        for (var words : List.of(
                List.of("setsid"), List.of("perl", "-MPOSIX=setsid", "-e", "setsid(); exec { $ARGV[0] } @ARGV"))) {
            var probe = new ArrayList<>(words);
            probe.add("true");
            if (Command.run(ROOT, COMMAND_LIMIT, probe).succeeded()) {
                return words;
            }
        }
        log.warn("Neither setsid nor perl is here: Ctrl-C reaches PostgreSQL before its clients have drained");
        return List.of();
    }

    /**
     * Whether a process is the postmaster of the cluster; a pid alone may belong to anybody after a reboot. A postmaster
     * works in its cluster's folder, and names it on its command line where /proc is missing or closed.
     */
    private static boolean runsOn(ProcessHandle process, Path cluster) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "cwd"))
                    .equals(cluster);
        } catch (IOException e) {
            return process.info().commandLine().orElse("").contains(cluster.toString());
        }
    }

    /**
     * Whether a process is known to be another program. PostgreSQL itself takes any live process of its account for its
     * postmaster and refuses to start. When in doubt we let it: two postmasters on one cluster would ruin it.
     */
    private static boolean isSurelyForeign(ProcessHandle process) {
        return process.info()
                .command()
                .map(program -> !Path.of(program).endsWith("postgres"))
                .orElse(false);
    }

    /**
     * Fast shutdown (SIGINT), which ends sessions and writes a checkpoint; then immediate (SIGQUIT), after which the next
     * start replays the WAL. Never {@code Process.destroy}: its SIGTERM waits for clients that may never leave.
     */
    private static void stop(ProcessHandle process) {
        if (signalAndWait(process, "INT", FAST_SHUTDOWN_LIMIT)
                || signalAndWait(process, "QUIT", IMMEDIATE_SHUTDOWN_LIMIT)
                || signalAndWait(process, "KILL", IMMEDIATE_SHUTDOWN_LIMIT)) {
            return;
        }
        log.error("PostgreSQL {} does not end", process.pid());
    }

    private static boolean signalAndWait(ProcessHandle process, String signal, Duration limit) {
        if (!process.isAlive()) {
            return true;
        }
        // The shell's own kill: slim images have a shell, but not always the program.
        Command.run(
                ROOT,
                COMMAND_LIMIT,
                List.of("sh", "-c", "kill -\"$1\" \"$2\"", "kill", signal, Long.toString(process.pid())));
        if (endsWithin(process, limit)) {
            return true;
        }
        log.warn("PostgreSQL {} still runs {} after SIG{}", process.pid(), limit, signal);
        return false;
    }

    /** Not interruptible, so that an interrupt in the middle of a shutdown strands no server. */
    private static boolean endsWithin(ProcessHandle process, Duration limit) {
        try {
            process.onExit()
                    .copy()
                    .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
            return true;
        } catch (CompletionException e) {
            return false;
        }
    }
}
