package io.millrace.faults;

import io.millrace.faults.Nemesis.Injected;
import io.millrace.pg.DatabaseSettings;
import io.millrace.pg.DatabaseSettings.PoolSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/** One seed from the first start to the last count: pods on a database of their own, posts, faults, healing, check. */
final class SeedRun {

    static final Duration LEASE = Duration.ofSeconds(3);

    private static final int PARTITIONS = 4;
    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration START_LIMIT = Duration.ofSeconds(90);

    /**
     * How a seed is run.
     *
     * @param pods how many processes
     */
    record Settings(Plan plan, int pods, Surroundings surroundings, Machine machine, PodProcess.Launch launch) {}

    /** How long everything took besides posting and breaking. */
    record Phases(Duration started, Duration drained, Duration stopped, Duration counted) {}

    /** What a seed came to. */
    record Outcome(
            long seed,
            List<Injected> injected,
            long acknowledged,
            long failed,
            long unknown,
            long records,
            Phases phases,
            List<Count> counts) {

        Outcome {
            injected = List.copyOf(injected);
            counts = List.copyOf(counts);
        }

        int violations() {
            return counts.stream().mapToInt(Count::violations).sum();
        }
    }

    private final long seed;
    private final Settings settings;
    private final OwnedPostgres postgres;
    private final String database;
    private final Path folder;
    private Optional<Pooler> pooler = Optional.empty();

    SeedRun(long seed, Settings settings, OwnedPostgres postgres) {
        this.seed = seed;
        this.settings = settings;
        this.postgres = postgres;
        this.database = "faults_seed_" + seed;
        this.folder = settings.launch().folder();
    }

    Outcome run() throws SQLException, IOException, InterruptedException {
        var began = System.nanoTime();
        postgres.create(database);
        if (settings.surroundings().pooler()) {
            pooler = settings.machine()
                    .pooler()
                    .map(program -> new Pooler(program, postgres, folder.resolve("pgbouncer.log")));
            postgres.limitSessions(database, LOCK_TIMEOUT);
        }
        var pods = new ArrayList<PodProcess>();
        for (var i = 0; i < settings.pods(); i++) {
            pods.add(pod(i));
        }
        Outcome outcome;
        try {
            if (!Waiting.until(START_LIMIT, () -> allReady(pods))) {
                throw new IllegalStateException("the pods were not ready within " + START_LIMIT);
            }
            outcome = run(pods, since(began));
        } catch (SQLException | IOException | RuntimeException e) {
            // The run ends here, and the server's folder with it.
            postgres.copyLogs(folder);
            throw e;
        } finally {
            pods.forEach(PodProcess::close);
            pooler.ifPresent(Pooler::close);
        }
        postgres.drop(database);
        return outcome;
    }

    /** Starts again what has ended, as whoever runs pods does: one that cannot reach the database ends. */
    private static boolean allReady(List<PodProcess> pods) {
        pods.forEach(PodProcess::start);
        return pods.stream().allMatch(PodProcess::ready);
    }

    /** The last pod has next to no connections, so that it is often out of them. */
    private PodProcess pod(int number) {
        var name = "pod-" + (char) ('a' + number);
        var link = new FaultyLink(() -> pooler.map(Pooler::port).orElseGet(postgres::port));
        var clock =
                settings.machine().fakeTime().map(library -> new FaultyClock(library, folder.resolve(name + ".clock")));
        return new PodProcess(
                name,
                settings.launch(),
                link,
                clock,
                Map.ofEntries(
                        Map.entry("DATABASE_URL", postgres.url(database, link.port())),
                        Map.entry("MILLRACE_LOG_PARTITIONS", Integer.toString(PARTITIONS)),
                        Map.entry("MILLRACE_GROUPS_LEASE", LEASE.toSeconds() + "s"),
                        Map.entry("MILLRACE_GROUPS_TICK", "250ms"),
                        Map.entry(
                                "MILLRACE_GROUPS_MAX_ATTEMPTS",
                                Integer.toString(settings.surroundings().maxAttempts())),
                        Map.entry("MILLRACE_GROUPS_RETRY_DELAY", "50ms"),
                        Map.entry("MILLRACE_GROUPS_MAX_RETRY_DELAY", "500ms"),
                        Map.entry(
                                "MILLRACE_GROUPS_DEADLINE",
                                settings.surroundings().deadline().toSeconds() + "s"),
                        Map.entry("MILLRACE_DATABASE_POOLER_IN_TRANSACTION_MODE", Boolean.toString(pooler.isPresent())),
                        Map.entry("MILLRACE_DATABASE_LOCK_TIMEOUT", LOCK_TIMEOUT.toSeconds() + "s"),
                        Map.entry("MILLRACE_DATABASE_POOL_MAX_WAIT", "3s"),
                        Map.entry("MILLRACE_DATABASE_POOL_SIZE", number == settings.pods() - 1 ? "2" : "8")));
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    private Outcome run(List<PodProcess> pods, Duration started)
            throws SQLException, IOException, InterruptedException {
        var plan = settings.plan();
        var generator = new DocumentGenerator(plan.corpus(seed));
        Supplier<List<URI>> ready = () -> pods.stream()
                .filter(PodProcess::ready)
                .flatMap(pod -> pod.address().stream())
                .toList();
        try (var history = new History(folder.resolve("attempts.ndjson"));
                var tail = new LiveTail(reader());
                var keyed = new KeyedPoster(seed, generator, history, ready);
                var poster = new Poster(seed, generator, history, ready)) {
            var ground = new Nemesis.Ground(postgres, database, pooler, pods, poster, LEASE);
            var injected = plan.run(seed, ground, history);
            writeInjected(injected);
            poster.stop();
            keyed.stop();
            heal(pods);
            var healed = System.nanoTime();
            var counts = new ArrayList<Count>();
            counts.add(drain(pods).run());
            counts.addAll(plan.counts(history));
            var drained = since(healed);
            counts.add(stop(pods));
            var stopped = since(healed).minus(drained);
            counts.add(Count.of("pods out of memory", PodLogs.outOfMemory(folder)));
            counts.add(Count.of("offsets that a live tail saw twice, out of order or otherwise", tail.finish()));
            try (var connection = postgres.connect(database)) {
                counts.addAll(Checker.check(connection, history.attempts()));
            }
            return new Outcome(
                    seed,
                    injected,
                    history.count(History.Outcome.OK),
                    history.count(History.Outcome.FAILED),
                    history.count(History.Outcome.UNKNOWN),
                    tail.records(),
                    new Phases(
                            started,
                            drained,
                            stopped,
                            since(healed).minus(drained).minus(stopped)),
                    counts);
        }
    }

    private Drain drain(List<PodProcess> pods) {
        return new Drain(postgres, database, pods, settings.surroundings().drainLimit(), folder);
    }

    private DatabaseSettings reader() {
        var preset = PoolSettings.DEFAULT;
        return new DatabaseSettings(
                postgres.host(),
                postgres.port(),
                database,
                postgres.user(),
                postgres.password(),
                new PoolSettings(
                        2,
                        preset.maxWaiting(),
                        preset.maxWait(),
                        preset.maxLifetime(),
                        preset.maxIdle(),
                        preset.lockTimeout()),
                false);
    }

    private void writeInjected(List<Injected> injected) throws IOException {
        Files.write(
                folder.resolve("faults.txt"),
                injected.stream()
                        .map(fault ->
                                "%s %s: %s".formatted(fault.at(), fault.fault().label(), fault.proof()))
                        .toList());
    }

    private static void heal(List<PodProcess> pods) {
        for (var pod : pods) {
            pod.link().heal();
            pod.resume();
            pod.start();
        }
    }

    /** Pods that are well end with status 0 when they are told to. */
    private static Count stop(List<PodProcess> pods) throws InterruptedException {
        var violations = new ConcurrentLinkedQueue<String>();
        var stops = pods.stream()
                .map(pod -> Thread.ofPlatform().start(() -> stop(pod).ifPresent(violations::add)))
                .toList();
        for (var stop : stops) {
            stop.join();
        }
        return Count.of("pods that did not stop in order", List.copyOf(violations));
    }

    private static Optional<String> stop(PodProcess pod) {
        Waiting.until(START_LIMIT, () -> allReady(List.of(pod)));
        var status = pod.terminate();
        return status == 0 ? Optional.empty() : Optional.of("%s ended with status %d".formatted(pod.name(), status));
    }
}
