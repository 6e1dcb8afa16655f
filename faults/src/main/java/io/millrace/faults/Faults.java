package io.millrace.faults;

import io.millrace.faults.SeedRun.Outcome;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The one command: runs seeds, prints a line a seed, and keeps what explains a violation. */
@Command(
        name = "faults/run",
        mixinStandardHelpOptions = true,
        subcommands = RollingUpgrade.class,
        description = "Break Millrace in every way known here, and count what was lost or doubled.")
final class Faults implements Callable<Integer> {

    @Option(
            names = "--seeds",
            paramLabel = "N-M",
            defaultValue = "1-10",
            description = "One seed, or the first and the last one (${DEFAULT-VALUE}).")
    private String seeds = "";

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "How long each seed posts and breaks (20); starting, draining and checking come on top.")
    private int seconds;

    @Option(
            names = "--documents",
            paramLabel = "N",
            description =
                    "Post and break until so many were acknowledged, instead of for so long: streams as fast as the pods take them.")
    private long documents;

    @Option(
            names = "--crash-points",
            description =
                    "Strike before and after every statement and commit that there is, each by a kill and by a cut; --seconds is the longest that this may take (1800).")
    private boolean crashPoints;

    @Option(
            names = "--peace",
            paramLabel = "SECONDS",
            description =
                    "At most so long each nemesis breaks nothing after a fault (0.4; with --documents 20, so that work is done).")
    private double peace;

    @Option(
            names = "--within",
            paramLabel = "SECONDS",
            description = "Begin no seed that would end later than this; the others are reported as not run.")
    private long within = Long.MAX_VALUE / 1_000_000_000;

    @Option(names = "--pods", paramLabel = "N", defaultValue = "3", description = "Processes (${DEFAULT-VALUE}).")
    private int pods;

    @Option(
            names = "--faults",
            paramLabel = "LIST",
            split = ",",
            description = "Only these faults, by comma: kill-pod,stop-pod and so on; README.md lists them.")
    private List<String> faults = List.of();

    @Option(
            names = "--pooler",
            description = "Put PgBouncer between pods and database in every seed, not in one of five.")
    private boolean pooler;

    @Option(names = "--keep", description = "Keep attempts and logs of every seed, not only of those with violations.")
    private boolean keep;

    @Option(
            names = "--target",
            paramLabel = "DIR",
            defaultValue = "faults/target",
            description = "Where data, logs and attempts go (${DEFAULT-VALUE}).")
    private Path target = Path.of("faults/target");

    @Option(names = "--jar", paramLabel = "FILE", required = true, hidden = true)
    private Path jar = Path.of("");

    @Option(names = "--plugin", paramLabel = "FILE", required = true, hidden = true)
    private Path plugin = Path.of("");

    private final PrintStream out = System.out;

    /** Of a seed, in nanoseconds, without the cache that the first one makes. */
    private long longest;

    private final Machine machine = Machine.probe();

    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ROOT);
        System.exit(
                new CommandLine(new Faults()).setOverwrittenOptionsAllowed(true).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        var began = System.nanoTime();
        var outcomes = new ArrayList<Outcome>();
        var named = faults.stream().map(Faults::fault).toList();
        printLeftOut(named);
        try (var servers = new Servers(target, machine)) {
            for (var seed : range(seeds)) {
                var seedBegan = System.nanoTime();
                if (seedBegan - began + longest > within * 1_000_000_000) {
                    out.printf("seed %d: not run, it would end after %d s%n", seed, within);
                    continue;
                }
                var outcome = run(seed, surroundings(seed, named), servers);
                outcomes.add(outcome);
            }
        }
        printTotals(outcomes);
        return outcomes.stream().allMatch(outcome -> outcome.violations() == 0) ? 0 : 1;
    }

    private Surroundings surroundings(long seed, List<Fault> named) {
        var surroundings = surroundingsWithoutPooler(seed, named);
        return pooler && machine.pooler().isPresent() ? surroundings.behindPooler() : surroundings;
    }

    private Surroundings surroundingsWithoutPooler(long seed, List<Fault> named) {
        if (!named.isEmpty()) {
            return Surroundings.of(named, machine);
        }
        return crashPoints || documents > 0 ? Surroundings.plain(machine) : Surroundings.draw(seed, machine);
    }

    private void printLeftOut(List<Fault> named) {
        for (var fault : named.isEmpty() ? List.of(Fault.values()) : named) {
            machine.lacks(fault).ifPresent(lack -> out.printf("%s is left out: %s%n", fault.label(), lack));
        }
        if (pooler && machine.pooler().isEmpty()) {
            out.printf("--pooler is left out: PgBouncer is not installed%n");
        }
    }

    private void printTotals(List<Outcome> outcomes) {
        var injected = outcomes.stream()
                .flatMap(outcome -> outcome.injected().stream())
                .toList();
        out.printf(
                "%d seeds: %d faults injected / %d acknowledged / %d unknown / %d violations%n",
                outcomes.size(),
                injected.size(),
                outcomes.stream().mapToLong(Outcome::acknowledged).sum(),
                outcomes.stream().mapToLong(Outcome::unknown).sum(),
                outcomes.stream().mapToInt(Outcome::violations).sum());
        for (var fault : Fault.values()) {
            var count = injected.stream().filter(one -> one.fault() == fault).count();
            var lack = machine.lacks(fault).map(" (left out: %s)"::formatted).orElse("");
            out.printf("%5d %s%s%n", count, fault.label(), lack);
        }
        var places =
                injected.stream().flatMap(one -> one.place().stream()).collect(Collectors.toCollection(TreeSet::new));
        out.printf("struck at %d places: %s%n", places.size(), String.join(", ", places));
    }

    private Outcome run(long seed, Surroundings surroundings, Servers servers) throws Exception {
        var folder = target.resolve("seed-" + seed).toAbsolutePath();
        Folders.delete(folder);
        Files.createDirectories(folder);
        var plan = plan(surroundings.faults());
        var postgres = servers.server(surroundings.smallDisks());
        var launch = launch(folder, plan.flags(), plan.environment());
        var cached = launch.with(AotCache.option(target, launch, postgres));
        var settings = new SeedRun.Settings(plan, pods, surroundings, machine, cached);
        var began = System.nanoTime();
        var outcome = new SeedRun(seed, settings, postgres).run();
        var took = System.nanoTime() - began;
        longest = Math.max(longest, took);
        print(outcome, Duration.ofNanos(took), folder);
        if (outcome.violations() == 0 && !keep) {
            Folders.delete(folder);
        }
        return outcome;
    }

    Path target() {
        return target;
    }

    /** How a pod is started whose logs go to a folder. */
    PodProcess.Launch launch(Path folder, List<String> flags, Map<String, String> environment) {
        var java = Path.of(System.getProperty("java.home"), "bin", "java");
        return new PodProcess.Launch(java, jar.toAbsolutePath(), plugin.toAbsolutePath(), folder, flags, environment);
    }

    private void print(Outcome outcome, Duration took, Path folder) {
        out.printf(
                "seed %d: %d faults injected / %d acknowledged / %d unknown / %d violations (%d failed, %d records; started in %s s, drained %s, stopped %s, counted %s, %d s in all)%n",
                outcome.seed(),
                outcome.injected().size(),
                outcome.acknowledged(),
                outcome.unknown(),
                outcome.violations(),
                outcome.failed(),
                outcome.records(),
                seconds(outcome.phases().started()),
                seconds(outcome.phases().drained()),
                seconds(outcome.phases().stopped()),
                seconds(outcome.phases().counted()),
                took.toSeconds());
        if (outcome.violations() > 0) {
            for (var count : outcome.counts()) {
                out.printf("  %6d %s%n", count.violations(), count.name());
                count.examples().forEach(example -> out.printf("           %s%n", example));
            }
            out.printf("  attempts, faults and logs are in %s%n", folder);
        }
        out.flush();
    }

    private static String seconds(Duration time) {
        return "%.1f".formatted(time.toMillis() / 1000.0);
    }

    private Plan plan(List<Fault> chosen) {
        if (crashPoints) {
            return new CrashPointSweep(time(1800), target.resolve("crash-points.txt"), out);
        }
        return documents > 0
                ? new Volume(documents, chosen, peace(Volume.PEACE), out)
                : new Timed(time(20), chosen, peace(Timed.PEACE));
    }

    private Duration time(int preset) {
        return Duration.ofSeconds(seconds > 0 ? seconds : preset);
    }

    private Duration peace(Duration preset) {
        return peace > 0 ? Duration.ofMillis((long) (1_000 * peace)) : preset;
    }

    private static Fault fault(String label) {
        return Arrays.stream(Fault.values())
                .filter(fault -> fault.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no fault is called " + label));
    }

    private static long[] range(String text) {
        var ends = text.split("-", 2);
        return LongStream.rangeClosed(Long.parseLong(ends[0]), Long.parseLong(ends[ends.length - 1]))
                .toArray();
    }
}
