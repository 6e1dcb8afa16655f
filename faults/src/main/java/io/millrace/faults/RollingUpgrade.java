package io.millrace.faults;

import io.millrace.faults.SteadyLoad.Posted;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Stops and starts pods one after the other while documents come at a fixed rate, and tells what their senders felt. */
@Command(
        name = "rolling-upgrade",
        mixinStandardHelpOptions = true,
        description = "Restart the pods one by one under load; no document may be refused for good.")
final class RollingUpgrade implements Callable<Integer> {

    private static final String DATABASE = "faults_rolling";
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(60);

    @ParentCommand
    private Faults faults = new Faults();

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "50",
            description = "Documents a second (${DEFAULT-VALUE}).")
    private int rate;

    @Option(
            names = "--calm",
            paramLabel = "SECONDS",
            defaultValue = "15",
            description = "How long before the first stop, and after each start (${DEFAULT-VALUE}).")
    private int calm;

    private final PrintStream out = System.out;
    private final Map<String, URI> known = new ConcurrentHashMap<>();

    @Override
    public Integer call() throws Exception {
        Folders.delete(folder());
        Files.createDirectories(folder());
        try (var postgres = OwnedPostgres.start(faults.target().resolve("faults-data"))) {
            postgres.create(DATABASE);
            var pods = pods(postgres, faults.launch(folder(), List.of(), Map.of()));
            try {
                return run(postgres, pods);
            } finally {
                pods.forEach(PodProcess::close);
            }
        }
    }

    /** Where logs and posts are kept. */
    private Path folder() {
        return faults.target().resolve("rolling-upgrade").toAbsolutePath();
    }

    /** With the settings that are shipped, but for the port. */
    private List<PodProcess> pods(OwnedPostgres postgres, PodProcess.Launch launch) {
        return Stream.of("pod-a", "pod-b", "pod-c")
                .map(name -> {
                    var link = new FaultyLink(postgres::port);
                    return new PodProcess(
                            name, launch, link, Map.of("DATABASE_URL", postgres.url(DATABASE, link.port())));
                })
                .toList();
    }

    private int run(OwnedPostgres postgres, List<PodProcess> pods) throws Exception {
        pods.forEach(this::startAndWait);
        var statuses = new ArrayList<Integer>();
        var restarts = new ArrayList<String>();
        try (var load = new SteadyLoad(1, rate, () -> List.copyOf(known.values()))) {
            Waiting.pass(Duration.ofSeconds(calm)); // a JVM that has just begun is slow by itself
            var calmFrom = Instant.now();
            Waiting.pass(Duration.ofSeconds(calm));
            var rollingFrom = Instant.now();
            for (var pod : pods) {
                var began = System.nanoTime();
                statuses.add(pod.terminate());
                var stopped = Duration.ofNanos(System.nanoTime() - began);
                startAndWait(pod);
                restarts.add("%s stopped in %.1f s, started in %.1f s"
                        .formatted(
                                pod.name(),
                                stopped.toMillis() / 1e3,
                                Duration.ofNanos(System.nanoTime() - began)
                                                .minus(stopped)
                                                .toMillis()
                                        / 1e3));
                Waiting.pass(Duration.ofSeconds(calm));
            }
            var posted = load.stop();
            try (var connection = postgres.connect(DATABASE)) {
                var drained = Waiting.until(DRAIN_LIMIT, () -> isDrained(connection));
                restarts.forEach(out::println);
                var completed = completed(connection);
                write(posted, completed);
                return report(posted, calmFrom, rollingFrom, completed, statuses, drained) ? 0 : 1;
            }
        }
    }

    private void startAndWait(PodProcess pod) {
        if (!Waiting.until(START_LIMIT, () -> {
            pod.start();
            return pod.ready();
        })) {
            throw new IllegalStateException(pod.name() + " was not ready within " + START_LIMIT);
        }
        known.put(pod.name(), pod.address().orElseThrow());
    }

    private static boolean isDrained(Connection connection) {
        try {
            return Drain.left(connection).isNothing();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final String COMPLETED = """
            select id, extract(epoch from completed_at) * 1000000 from jobs.job_status where status = 'completed'
            """;

    private static Map<UUID, Instant> completed(Connection connection) throws SQLException {
        var completed = new HashMap<UUID, Instant>();
        for (var row : Sql.rows(connection, COMPLETED)) {
            var micros = new java.math.BigDecimal(row.get(1)).longValue();
            completed.put(UUID.fromString(row.get(0)), Instant.EPOCH.plus(Duration.ofNanos(micros * 1_000)));
        }
        return completed;
    }

    /** For those who look into the slow ones. */
    private void write(List<Posted> posted, Map<UUID, Instant> completed) throws IOException {
        Files.write(
                folder().resolve("posts.csv"),
                Stream.concat(
                                Stream.of("posted_at,answered_ms,tries,job_id,visible_at,last_failure"),
                                posted.stream()
                                        .map(one -> "%s,%d,%d,%s,%s,%s"
                                                .formatted(
                                                        one.at(),
                                                        one.answered().toMillis(),
                                                        one.tries(),
                                                        one.job(),
                                                        one.job() == null ? null : completed.get(one.job()),
                                                        one.lastFailure())))
                        .toList());
    }

    private boolean report(
            List<Posted> posted,
            Instant calmFrom,
            Instant rollingFrom,
            Map<UUID, Instant> completed,
            List<Integer> statuses,
            boolean drained) {
        var calmly = posted.stream()
                .filter(one -> !one.at().isBefore(calmFrom) && one.at().isBefore(rollingFrom))
                .toList();
        var rolling =
                posted.stream().filter(one -> !one.at().isBefore(rollingFrom)).toList();
        var refused = posted.stream().filter(one -> one.job() == null).toList();
        var lost = posted.stream()
                .filter(one -> one.job() != null && !completed.containsKey(one.job()))
                .count();
        Function<Posted, Duration> visible = one -> one.job() == null || !completed.containsKey(one.job())
                ? DRAIN_LIMIT
                : Duration.between(one.at(), Objects.requireNonNull(completed.get(one.job())));
        out.printf(
                "%d documents at %d/s, %d of %d while pods were restarted needed more than one try%n",
                posted.size(),
                rate,
                rolling.stream().filter(one -> one.tries() > 1).count(),
                rolling.size());
        print("POST to answer, calm", calmly, Posted::answered);
        print("POST to answer, restarting", rolling, Posted::answered);
        print("POST to visible, calm", calmly, visible);
        print("POST to visible, restarting", rolling, visible);
        refused.stream().limit(10).forEach(one -> out.printf("  refused: %s%n", one.lastFailure()));
        out.printf(
                "%d refused for good / %d acknowledged and not completed / exit statuses %s%s%n",
                refused.size(), lost, statuses, drained ? "" : " / not drained");
        return refused.isEmpty() && lost == 0 && drained && statuses.stream().allMatch(status -> status == 0);
    }

    private void print(String what, List<Posted> posted, Function<Posted, Duration> measure) {
        var sorted = posted.stream().map(measure).sorted().toList();
        if (sorted.isEmpty()) {
            return;
        }
        out.printf(
                "%-28s median %5d ms, p99 %5d ms, longest %5d ms%n",
                what,
                sorted.get(sorted.size() / 2).toMillis(),
                sorted.get((int) (sorted.size() * 0.99)).toMillis(),
                sorted.getLast().toMillis());
    }
}
