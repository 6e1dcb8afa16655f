package io.millrace.faults;

import io.millrace.faults.Nemesis.Injected;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * A plan that strikes at every crash point instead of drawing some: it learns for a while which statements there are, then
 * strikes before and after each, until all are struck, nothing new comes any more, or the time is up. Meanwhile what makes the
 * rarer statements come goes on: pods leave and join, records are poison, segments of events grow old.
 *
 * @param limit the longest that it strikes
 * @param report takes a line a point, and the statements
 * @param out takes how far it has come, and what was left out
 */
record CrashPointSweep(Duration limit, Path report, PrintStream out) implements Plan {

    /** Longer than anything that pods do only now and then. */
    private static final Duration LEARNING = Duration.ofSeconds(75);

    private static final Duration QUIET = Duration.ofSeconds(150);
    private static final Duration REPORT = Duration.ofSeconds(15);
    private static final Duration PEACE = Duration.ofSeconds(6);
    private static final int LISTED = 40;
    private static final int POISONS_IN_MILLION = 10_000;

    @Override
    public Corpus corpus(long seed) {
        return new Corpus(seed, POISONS_IN_MILLION);
    }

    /**
     * Events are not kept for long, so that segments are dropped. And a record gets more attempts than it does otherwise: pods
     * are killed here in one trial of it after the other, as if it were to blame, which a pod cannot tell apart.
     */
    @Override
    public Map<String, String> environment() {
        return Map.of(
                "MILLRACE_LOG_SEGMENT_LENGTH", "20s",
                "MILLRACE_LOG_SEGMENTS_AHEAD", "150s",
                "MILLRACE_RETENTION_EVENTS", "1m",
                "MILLRACE_RETENTION_GRACE", "5s",
                "MILLRACE_RETENTION_INTERVAL", "3s",
                "MILLRACE_GROUPS_MAX_ATTEMPTS", "6",
                "MILLRACE_GROUPS_RETRY_DELAY", "1ms",
                "MILLRACE_GROUPS_MAX_RETRY_DELAY", "20ms",
                "MILLRACE_GROUPS_DEADLINE", "30s");
    }

    @Override
    public List<Injected> run(long seed, Nemesis.Ground ground, History history) throws InterruptedException {
        var injected = new ConcurrentLinkedQueue<Injected>();
        var points = new CrashPoints(ground.pods(), injected::add);
        var others = List.of(Fault.LEAVE_AND_JOIN, Fault.PLANT_POISON, Fault.POST_EVERYWHERE);
        var nemesis = new Nemesis(seed, others, ground, PEACE, injected::add);
        var beside = Thread.ofPlatform()
                .name("nemesis")
                .daemon()
                .start(() -> nemesis.run(Thread.currentThread()::isInterrupted));
        Waiting.pass(LEARNING);
        out.printf("  learned %d statements, so %d crash points%n", points.statements(), points.known());
        points.strike();
        sweep(points, ground.pods());
        beside.interrupt();
        beside.join();
        report(points, ground);
        return injected.stream().sorted(Comparator.comparing(Injected::at)).toList();
    }

    private void sweep(CrashPoints points, List<PodProcess> pods) {
        var began = System.nanoTime();
        var told = began;
        while (points.struck() < points.known()
                && points.quietNanos() < QUIET.toNanos()
                && System.nanoTime() - began < limit.toNanos()) {
            pods.forEach(PodProcess::start);
            Waiting.pass(Duration.ofMillis(20));
            if (System.nanoTime() - told > REPORT.toNanos()) {
                told = System.nanoTime();
                out.printf(
                        "  %4d s: %d of %d crash points struck%n",
                        TimeUnit.NANOSECONDS.toSeconds(told - began), points.struck(), points.known());
            }
        }
    }

    private void report(CrashPoints points, Nemesis.Ground ground) {
        var names = groupNames(ground);
        out.printf(
                "  %d of %d crash points struck (%d statements, before and after, kill and cut); all are in %s%n",
                points.struck(), points.known(), points.statements(), report);
        var left = points.left();
        left.stream().limit(LISTED).forEach(point -> out.printf("    not struck: %s%n", named(names, point)));
        if (left.size() > LISTED) {
            out.printf("    and %d more%n", left.size() - LISTED);
        }
        try {
            Files.write(report, points.lines(text -> named(names, text)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> groupNames(Nemesis.Ground ground) {
        try (var connection = ground.postgres().connect(ground.database())) {
            var names = new TreeMap<String, String>();
            Sql.each(
                    connection,
                    "select 'group ' || group_id || ':', name || ':' from stream.groups",
                    row -> names.put(row.get(0), row.get(1)));
            return names;
        } catch (SQLException e) {
            return Map.of();
        }
    }

    private static String named(Map<String, String> names, String text) {
        var named = text;
        for (var name : names.entrySet()) {
            named = named.replace(name.getKey(), name.getValue());
        }
        return named;
    }
}
