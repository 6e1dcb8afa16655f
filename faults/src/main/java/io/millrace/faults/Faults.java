package io.millrace.faults;

import io.millrace.faults.Nemesis.Injected;
import io.millrace.faults.SeedRun.Outcome;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
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
            defaultValue = "20",
            description =
                    "How long each seed posts and breaks (${DEFAULT-VALUE}); starting, draining and checking come on top.")
    private int seconds;

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
    private final Machine machine = Machine.probe();

    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ROOT);
        System.exit(
                new CommandLine(new Faults()).setOverwrittenOptionsAllowed(true).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        var began = System.nanoTime();
        var longest = 0L;
        var violations = 0;
        var injected = new ArrayList<Injected>();
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
                longest = Math.max(longest, System.nanoTime() - seedBegan);
                violations += outcome.violations();
                injected.addAll(outcome.injected());
            }
        }
        printTotals(injected);
        return violations == 0 ? 0 : 1;
    }

    private Surroundings surroundings(long seed, List<Fault> named) {
        var surroundings = named.isEmpty() ? Surroundings.draw(seed, machine) : Surroundings.of(named, machine);
        return pooler && machine.pooler().isPresent() ? surroundings.behindPooler() : surroundings;
    }

    private void printLeftOut(List<Fault> named) {
        for (var fault : named.isEmpty() ? List.of(Fault.values()) : named) {
            machine.lacks(fault).ifPresent(lack -> out.printf("%s is left out: %s%n", fault.label(), lack));
        }
        if (pooler && machine.pooler().isEmpty()) {
            out.printf("--pooler is left out: PgBouncer is not installed%n");
        }
    }

    private void printTotals(List<Injected> injected) {
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
        delete(folder);
        Files.createDirectories(folder);
        var launch = launch(folder);
        var began = System.nanoTime();
        var settings = new SeedRun.Settings(seconds, pods, surroundings, machine, launch);
        var outcome = new SeedRun(seed, settings, servers.server(surroundings.smallDisks())).run();
        print(outcome, Duration.ofNanos(System.nanoTime() - began), folder);
        if (outcome.violations() == 0 && !keep) {
            delete(folder);
        }
        return outcome;
    }

    Path target() {
        return target;
    }

    /** How a pod is started whose logs go to a folder. */
    PodProcess.Launch launch(Path folder) {
        var java = Path.of(System.getProperty("java.home"), "bin", "java");
        return new PodProcess.Launch(java, jar.toAbsolutePath(), plugin.toAbsolutePath(), folder);
    }

    private void print(Outcome outcome, Duration took, Path folder) {
        out.printf(
                "seed %d: %d faults injected / %d acknowledged / %d unknown / %d violations (%d failed, %d records, drained in %.1f s, %d s in all)%n",
                outcome.seed(),
                outcome.injected().size(),
                outcome.acknowledged(),
                outcome.unknown(),
                outcome.violations(),
                outcome.failed(),
                outcome.records(),
                outcome.drained().toMillis() / 1000.0,
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

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var tree = Files.walk(folder)) {
            for (var path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
