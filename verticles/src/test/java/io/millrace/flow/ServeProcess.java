package io.millrace.flow;

import io.millrace.pg.TestDatabase;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code millrace serve} in a process of its own, that can be killed, stopped and started again. */
final class ServeProcess implements AutoCloseable {

    private static final String READY = "millrace is ready at ";

    private final String host;
    private final TestDatabase database;
    private final Map<String, String> settings;
    private final Path log;
    private final Thread killedWithUs = new Thread(this::close);
    private @Nullable Process process;
    private volatile @Nullable URI address;
    private int starts;

    private ServeProcess(String host, TestDatabase database, Map<String, String> settings, Path folder) {
        this.host = host;
        this.database = database;
        this.settings = settings;
        this.log = folder.resolve(host + ".txt");
    }

    /**
     * Starts a process; it may take some seconds until it is ready.
     *
     * @param host what it calls its host, to tell its member row by
     * @param folder where it writes its log
     */
    static ServeProcess start(String host, TestDatabase database, Map<String, String> settings, Path folder) {
        var serve = new ServeProcess(host, database, settings, folder);
        Runtime.getRuntime().addShutdownHook(serve.killedWithUs);
        serve.start();
        return serve;
    }

    /** Starts it again after it has ended. */
    void start() {
        try {
            var builder = new ProcessBuilder(command());
            builder.environment().put("DATABASE_URL", FlowPod.url(database));
            builder.environment().put("MILLRACE_HTTP_PORT", "0");
            builder.environment().put("HOSTNAME", host);
            builder.environment().putAll(settings);
            builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
            var started = builder.start();
            process = started;
            starts++;
            var output = started.inputReader();
            Thread.ofVirtual().start(() -> waitForAddress(output));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> command() {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        // A process that lives for seconds is not worth the optimising compiler.
        command.addAll(
                List.of("-Xmx256m", "-XX:+ExitOnOutOfMemoryError", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(List.of("-cp", classPath(), "io.millrace.Main", "serve"));
        return command;
    }

    /** Without the tests' own folder, whose logging would win over the service's. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(System.getProperty("path.separator")))
                .filter(entry -> !Path.of(entry).endsWith("test-classes"))
                .collect(Collectors.joining(System.getProperty("path.separator")));
    }

    private void waitForAddress(BufferedReader output) {
        try {
            for (var line = output.readLine(); line != null; line = output.readLine()) {
                if (line.startsWith(READY)) {
                    address = URI.create(line.substring(READY.length()));
                }
            }
        } catch (IOException e) {
            // The process was killed while it wrote.
        }
    }

    /** Where it listens, once it is ready. */
    Optional<URI> address() {
        return Optional.ofNullable(address);
    }

    private Process running() {
        return Objects.requireNonNull(process);
    }

    String host() {
        return host;
    }

    int starts() {
        return starts;
    }

    /** SIGKILL; returns when the process is gone. */
    void kill() {
        address = null;
        running().destroyForcibly();
        join();
    }

    /** SIGTERM; gives the exit status. */
    int terminate() {
        address = null;
        running().destroy();
        return join();
    }

    private int join() {
        try {
            if (!running().waitFor(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException(host + " does not end");
            }
            return running().exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** SIGSTOP. */
    void pause() {
        signal("STOP");
    }

    /** SIGCONT. */
    void resume() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            var kill = new ProcessBuilder(
                            "kill", "-" + name, Long.toString(running().pid()))
                    .start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("kill -" + name + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Lines of its log, of all its lives. */
    List<String> log() {
        try {
            return Files.exists(log) ? Files.readAllLines(log) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends it, whatever state it is in. */
    @Override
    public void close() {
        running().destroyForcibly();
    }
}
