package io.millrace.faults;

import io.millrace.faults.FaultyLink.Direction;
import io.millrace.faults.FaultyLink.Side;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Breaks things, one after the other in the order of a seed, and keeps what really broke. */
final class Nemesis {

    private static final Duration STATEMENT_LIMIT = Duration.ofSeconds(2);
    private static final Duration RECOVERY_LIMIT = Duration.ofSeconds(5);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);

    /** What a fault needs. */
    record Ground(
            OwnedPostgres postgres,
            String database,
            Optional<Pooler> pooler,
            List<PodProcess> pods,
            Poster poster,
            Duration lease) {

        Ground {
            pods = List.copyOf(pods);
        }
    }

    /** A fault that happened. */
    record Injected(Fault fault, Instant at, String proof) {

        private static final Pattern PLACE = Pattern.compile("(?:before|after) .+$");

        /** Before or after which statement it struck, when it struck at one. */
        Optional<String> place() {
            var place = PLACE.matcher(proof);
            return (fault == Fault.KILL_AT_STATEMENT || fault == Fault.CUT_AT_STATEMENT) && place.find()
                    ? Optional.of(place.group())
                    : Optional.empty();
        }
    }

    private final Random random;
    private final List<Fault> faults;
    private final Ground ground;
    private final Consumer<Injected> injected;
    private final ServerFaults server;
    private final PodClock podClock;
    private final EndlessLoop endlessLoop;
    private final Duration longestPeace;
    private final List<Fault> round = new ArrayList<>();
    private int planted;

    /**
     * @param faults those to choose from
     * @param longestPeace at most so long nothing is broken after a fault
     * @param injected hears of each that is proved
     */
    Nemesis(long seed, List<Fault> faults, Ground ground, Duration longestPeace, Consumer<Injected> injected) {
        this.longestPeace = longestPeace;
        this.injected = injected;
        this.random = new Random(seed * 31 + faults.size());
        this.faults = List.copyOf(faults);
        this.ground = ground;
        this.server = new ServerFaults(ground.postgres(), ground.database(), ground.lease(), random);
        this.podClock = new PodClock(ground.poster(), ground.lease(), random);
        this.endlessLoop = new EndlessLoop(ground.poster(), ground.pods());
    }

    /** Two at it at once until it is over: one breaks processes, the other one what they stand on. */
    static List<Injected> inject(
            long seed, List<Fault> faults, Ground ground, Duration longestPeace, BooleanSupplier over)
            throws InterruptedException {
        var injected = new ConcurrentLinkedQueue<Injected>();
        var threads = faults.stream().collect(Collectors.partitioningBy(Fault::isOfProcess)).values().stream()
                .filter(some -> !some.isEmpty())
                .map(some -> new Nemesis(seed, some, ground, longestPeace, injected::add))
                .map(nemesis -> Thread.ofPlatform().name("nemesis").daemon().start(() -> nemesis.run(over)))
                .toList();
        for (var thread : threads) {
            thread.join();
        }
        return injected.stream().sorted(Comparator.comparing(Injected::at)).toList();
    }

    /** Injects faults until it is over. */
    void run(BooleanSupplier over) {
        while (!over.getAsBoolean() && !Thread.currentThread().isInterrupted()) {
            var fault = next();
            if (fault.isOfProcess()) {
                Waiting.until(RECOVERY_LIMIT, this::mostAreReady);
            }
            var at = Instant.now();
            var proof = inject(fault);
            if (proof != null) {
                injected.accept(new Injected(fault, at, proof));
            }
            ground.pods().forEach(PodProcess::start);
            Waiting.until(Duration.ofMillis(random.nextLong(longestPeace.toMillis())), over);
        }
    }

    /** Gives those that were just killed a chance, or there would be nobody to post to. */
    private boolean mostAreReady() {
        ground.pods().forEach(PodProcess::start);
        var ready = ground.pods().stream().filter(PodProcess::ready).count();
        return ready >= Math.max(1, ground.pods().size() - 1);
    }

    /** Each fault once, in a random order, before any comes again. */
    private Fault next() {
        if (round.isEmpty()) {
            round.addAll(faults);
            Collections.shuffle(round, random);
        }
        return round.removeLast();
    }

    /** Gives what proves that it happened; null when it did not. */
    private @Nullable String inject(Fault fault) {
        var pod = ground.pods().get(random.nextInt(ground.pods().size()));
        return switch (fault) {
            case KILL_POD -> killed(pod, "");
            case KILL_AT_STATEMENT -> strike(pod, true);
            case CUT_AT_STATEMENT -> strike(pod, false);
            case STOP_POD -> stop(pod);
            case LEAVE_AND_JOIN -> leaveAndJoin(pod);
            case KILL_POSTGRES -> crash("KILL");
            case STOP_POSTGRES -> crash("QUIT");
            case TERMINATE_BACKENDS -> terminateBackends();
            case CUT_CONNECTIONS -> cut(pod);
            case HOLD_TO_SERVER -> hold(pod, Direction.TO_SERVER);
            case HOLD_TO_POD -> hold(pod, Direction.TO_POD);
            case DELAY -> delay(pod);
            case EXHAUST_POOL -> exhaustPool();
            case POST_EVERYWHERE -> postEverywhere();
            case PLANT_POISON -> plantPoison();
            case POST_ENDLESS_LOOP -> endlessLoop.post();
            case DATABASE_CLOCK_AHEAD -> server.clockAhead();
            case DATABASE_CLOCK_BACK -> server.clockBack();
            case POD_CLOCK -> podClock.move(pod);
            case SLOW_FSYNC -> server.slowFsync();
            case FILL_DATA_DISK -> server.fillData();
            case FILL_WAL_DISK -> server.fillWal();
            case KILL_POOLER -> killPooler();
        };
    }

    private static @Nullable String killed(PodProcess pod, String when) {
        var status = pod.kill();
        return status == PodProcess.KILLED ? "%s ended with status %d%s".formatted(pod.name(), status, when) : null;
    }

    /** Kills the pod, or cuts its connection, right before or after one of the statements that it was seen to send. */
    private @Nullable String strike(PodProcess pod, boolean kill) {
        if (!Waiting.until(STATEMENT_LIMIT, pod::ready)) {
            return null;
        }
        var statements = pod.link().statements();
        if (statements.isEmpty()) {
            return null;
        }
        var statement = statements.get(random.nextInt(statements.size()));
        var side = random.nextBoolean() ? Side.BEFORE : Side.AFTER;
        var when = " %s %s".formatted(side == Side.BEFORE ? "before" : "after", statement);
        return pod.link()
                .strike(
                        statement,
                        side,
                        STATEMENT_LIMIT,
                        () -> kill ? String.valueOf(killed(pod, when)) : pod.name() + " was cut off" + when);
    }

    /** Longer than its lease, so that others own its partitions when it wakes up. */
    private @Nullable String stop(PodProcess pod) {
        if (!pod.ready()) {
            return null;
        }
        pod.pause();
        var stopped = Waiting.until(STOP_LIMIT, () -> Signals.state(pod.pid()) == 'T');
        Waiting.pass(ground.lease().multipliedBy(5).dividedBy(4));
        pod.resume();
        return stopped ? pod.name() + " was in state T for a lease and a quarter" : null;
    }

    private static @Nullable String leaveAndJoin(PodProcess pod) {
        if (!pod.ready()) {
            return null;
        }
        var status = pod.terminate();
        return status == 0 ? pod.name() + " left with status 0" : null;
    }

    private @Nullable String crash(String signal) {
        return ground.postgres().crash(signal) ? "PostgreSQL recovered after SIG" + signal : null;
    }

    private static final String TERMINATE = """
            select count(*) filter (where pg_terminate_backend(a.pid))
            from (
              select a.pid
              from pg_stat_activity a
              where a.datname = current_database() and a.application_name <> 'faults'
              order by random()
              limit 4) a
            """;

    private @Nullable String terminateBackends() {
        var count = query(TERMINATE);
        return count != null && count > 0 ? count + " backends terminated" : null;
    }

    private static @Nullable String cut(PodProcess pod) {
        var cut = pod.link().cut();
        return cut > 0 ? "%d connections of %s cut".formatted(cut, pod.name()) : null;
    }

    /** Shorter than the lease or longer; what was held back arrives late, or finds its connection gone. */
    private @Nullable String hold(PodProcess pod, Direction direction) {
        pod.link().hold(direction);
        Waiting.pass(ground.lease().multipliedBy(1 + random.nextInt(4)).dividedBy(3));
        var held = pod.link().heal();
        if (random.nextBoolean()) {
            pod.link().cut();
        }
        return held > 0 ? "%d messages of %s held back %s".formatted(held, pod.name(), direction) : null;
    }

    private @Nullable String delay(PodProcess pod) {
        pod.link().delay(Duration.ofMillis(20 + random.nextInt(200)));
        Waiting.pass(ground.lease().dividedBy(2));
        var delayed = pod.link().heal();
        return delayed > 0 ? "%d messages of %s delayed".formatted(delayed, pod.name()) : null;
    }

    private static final String HOLD_PARTITIONS = """
            select count(pg_advisory_xact_lock(stream.lock_key(p.topic_id, p.partition_id)))
            from (
              select p.topic_id, p.partition_id
              from stream.partitions p
              join stream.topics t on t.topic_id = p.topic_id
              where t.name = 'documents'
              order by p.topic_id, p.partition_id) p
            """;

    private static final String WAITING = """
            select count(*)
            from pg_stat_activity a
            where a.datname = current_database() and a.wait_event_type = 'Lock'
            """;

    /** Holds every partition of the documents, so that each connection of the small pools waits for one of them. */
    private @Nullable String exhaustPool() {
        try (var connection = ground.postgres().connect(ground.database())) {
            connection.setAutoCommit(false);
            Sql.rows(connection, HOLD_PARTITIONS);
            Waiting.pass(Duration.ofMillis(1_500));
            var waiting = Sql.number(connection, WAITING);
            connection.rollback();
            return waiting > 1 ? waiting + " connections waited for a partition" : null;
        } catch (SQLException e) {
            return null;
        }
    }

    private @Nullable String postEverywhere() {
        var stored = ground.poster().postEverywhere();
        return stored > 1 ? "one document stored by %d pods at once".formatted(stored) : null;
    }

    private static final String PLANT = """
            select a.base_offset
            from stream.topics t
            cross join lateral stream.append(t.topic_id, ?, ?, 16, array[?::bytea], array['no document'::bytea], null, ?) a
            where t.name = 'documents'
            """;

    /** A record that no stage can read. */
    private @Nullable String plantPoison() {
        try (var connection = ground.postgres().connect(ground.database())) {
            return "planted at offset " + plantPoison(connection, "planted-" + planted++);
        } catch (SQLException e) {
            return null;
        }
    }

    static long plantPoison(Connection connection, String key) throws SQLException {
        var bytes = key.getBytes(StandardCharsets.UTF_8);
        return Sql.number(connection, PLANT, 0, UUID.randomUUID(), bytes, Long.MAX_VALUE);
    }

    private @Nullable String killPooler() {
        var away = Duration.ofMillis(random.nextInt(1_000));
        return ground.pooler().orElseThrow().crash(away)
                ? "PgBouncer ended with status %d, and was started again".formatted(PodProcess.KILLED)
                : null;
    }

    private @Nullable Long query(String sql) {
        try (var connection = ground.postgres().connect(ground.database())) {
            return Sql.number(connection, sql);
        } catch (SQLException e) {
            return null;
        }
    }
}
