package io.millrace.faults;

import io.millrace.stream.ComputePool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A pod: {@code millrace serve} in a process of its own, whose connections all go through a link of the harness. */
final class PodProcess implements AutoCloseable {

    private static final String READY = "millrace is ready at ";
    private static final Duration GRACE = Duration.ofSeconds(30);
    static final int KILLED = 128 + 9;

    /** Status of a pod that ended itself because a record took longer than {@code groups.deadline}. */
    static final int OVERRUN = ComputePool.EXIT_OVERRUN;

    /**
     * What every pod runs with.
     *
     * @param flags for the JVM, besides those that all pods have
     * @param environment settings that all pods have
     */
    record Launch(Path java, Path jar, Path plugin, Path folder, List<String> flags, Map<String, String> environment) {
        Launch {
            flags = List.copyOf(flags);
            environment = Map.copyOf(environment);
        }

        /** The same with more options for the JVM. */
        Launch with(List<String> more) {
            var all = Stream.concat(flags.stream(), more.stream()).toList();
            return new Launch(java, jar, plugin, folder, all, environment);
        }
    }

    private final String name;
    private final Launch launch;
    private final FaultyLink link;
    private final Optional<FaultyClock> clock;
    private final AtomicInteger overruns = new AtomicInteger();
    private final Map<String, String> environment;
    private @Nullable Process process;
    private volatile @Nullable URI address;
    private volatile boolean paused;
    private int incarnation;
    private final Thread killedWithUs = Thread.ofPlatform().unstarted(this::kill);

    /** One whose clock stays right. */
    PodProcess(String name, Launch launch, FaultyLink link, Map<String, String> environment) {
        this(name, launch, link, Optional.empty(), environment);
    }

    /**
     * @param clock its own, where it can be moved
     * @param environment settings, and {@code DATABASE_URL} through the link
     */
    PodProcess(
            String name, Launch launch, FaultyLink link, Optional<FaultyClock> clock, Map<String, String> environment) {
        this.name = name;
        this.launch = launch;
        this.link = link;
        this.clock = clock;
        this.environment = Map.copyOf(environment);
        Runtime.getRuntime().addShutdownHook(killedWithUs);
    }

    String name() {
        return name;
    }

    FaultyLink link() {
        return link;
    }

    Optional<FaultyClock> clock() {
        return clock;
    }

    /** How often it has ended itself over a record that took too long. */
    int overruns() {
        return overruns.get();
    }

    /** Starts it, for the first time or again; it takes some seconds until it is ready. */
    synchronized void start() {
        if (process != null && process.isAlive()) {
            return;
        }
        incarnation++;
        link.owner(name + "#" + incarnation);
        try {
            var builder = new ProcessBuilder(command());
            builder.environment().putAll(environment);
            builder.environment().putAll(launch.environment());
            var preloads = clock.map(FaultyClock::preload).stream().toList();
            builder.environment().putAll(Preload.environment(preloads));
            builder.environment().put("MILLRACE_HTTP_PORT", "0");
            builder.environment().put("HOSTNAME", name);
            builder.redirectError(ProcessBuilder.Redirect.appendTo(
                    launch.folder().resolve(name + ".log").toFile()));
            var started = builder.start();
            process = started;
            Thread.ofVirtual().start(() -> waitForAddress(started));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> command() {
        var command = new ArrayList<>(List.of(launch.java().toString()));
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC"));
        command.addAll(launch.flags());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(List.of("-jar", launch.jar().toString(), "serve"));
        command.addAll(List.of("--processors", launch.plugin().toString()));
        return command;
    }

    private void waitForAddress(Process started) {
        try (BufferedReader output = started.inputReader()) {
            for (var line = output.readLine(); line != null; line = output.readLine()) {
                if (line.startsWith(READY) && started.equals(process)) {
                    address = URI.create(line.substring(READY.length()));
                }
            }
        } catch (IOException e) {
            // It was killed while it wrote.
        } finally {
            if (started.equals(process)) {
                address = null;
            }
            ended(started);
        }
    }

    private void ended(Process started) {
        try {
            if (started.waitFor() == OVERRUN) {
                overruns.incrementAndGet();
            }
            FaultyClock.forget(started.pid());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Where it listens, once it is ready; also while it is stopped, as a balancer would not know at once. */
    Optional<URI> address() {
        return Optional.ofNullable(address);
    }

    boolean ready() {
        return address != null && !paused;
    }

    synchronized boolean alive() {
        return process != null && process.isAlive();
    }

    synchronized long pid() {
        return process == null ? -1 : process.pid();
    }

    /** SIGKILL; returns when it is gone, with its exit status, or -1 when it did not run. */
    synchronized int kill() {
        if (process == null || !process.isAlive()) {
            return -1;
        }
        address = null;
        process.destroyForcibly();
        return join(GRACE);
    }

    /** SIGTERM; gives the exit status, -1 when it did not end within the grace period. */
    int terminate() {
        return terminate(GRACE);
    }

    synchronized int terminate(Duration grace) {
        if (process == null) {
            return -1;
        }
        address = null;
        process.destroy();
        var status = join(grace);
        if (status < 0) {
            dumpThreads();
        }
        return status;
    }

    /** For those who look into why it does not go on or end: its threads, virtual ones too. */
    synchronized void dumpThreads() {
        if (process == null || !process.isAlive()) {
            return;
        }
        var pid = process.pid();
        var file = launch.folder().resolve(name + ".threads.json").toString();
        var jcmd = launch.java().resolveSibling("jcmd").toString();
        try {
            var dump =
                    new ProcessBuilder(jcmd, Long.toString(pid), "Thread.dump_to_file", "-format=json", file).start();
            dump.waitFor(GRACE.toSeconds(), TimeUnit.SECONDS);
        } catch (IOException e) {
            // Without it there is still the log.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int join(Duration grace) {
        try {
            var ended = process != null && process.waitFor(grace.toSeconds(), TimeUnit.SECONDS);
            return ended && process != null ? process.exitValue() : -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    /** SIGSTOP. */
    void pause() {
        paused = true;
        Signals.send("STOP", pid());
    }

    /** SIGCONT. */
    void resume() {
        if (alive()) {
            Signals.send("CONT", pid());
        }
        paused = false;
    }

    @Override
    public void close() {
        kill();
        link.close();
        try {
            Runtime.getRuntime().removeShutdownHook(killedWithUs);
        } catch (IllegalStateException e) {
            // We are ending ourselves.
        }
    }
}
