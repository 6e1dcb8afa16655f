package io.millrace.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The one command: runs the benchmarks, prints a table and writes JSON. */
@Command(
        name = "bench/run",
        mixinStandardHelpOptions = true,
        description = "Measure Millrace beside bare SQL through the same driver, in one run.")
final class Bench implements Callable<Integer> {

    /** Half load in a round. */
    private static final Duration VISIBILITY = Duration.ofSeconds(12);

    private static final int IDLE_DOCUMENTS = 100;

    /** What can be measured by itself. */
    enum Part {
        APPEND,
        DOCUMENTS,
        READS,
        RETENTION,
        /** All of the next three. */
        PEERS,
        KAFKA,
        POSTS,
        VISIBILITY,
        LONG_TRANSACTIONS,
        IDLE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Option(
            names = "--only",
            paramLabel = "PART",
            split = ",",
            description = "Only these parts: ${COMPLETION-CANDIDATES}; peers are kafka, posts and visibility.")
    private Set<Part> only = EnumSet.allOf(Part.class);

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "4",
            description = "append, retention, kafka, posts: length of a round (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--documents",
            paramLabel = "N",
            defaultValue = "10000",
            description = "documents, visibility: how many in a round (${DEFAULT-VALUE}).")
    private int documents;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "10",
            description = "long-transactions: length of each side; idle: a tenth of it (${DEFAULT-VALUE}).")
    private double minutes;

    @Option(
            names = "--entities",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "reads: entities of the large graph (${DEFAULT-VALUE}); the small one has 1,000.")
    private int entities;

    @Option(
            names = "--requests",
            paramLabel = "N",
            defaultValue = "1000",
            description = "reads: requests of each route and graph in a round (${DEFAULT-VALUE}).")
    private int requests;

    @Option(
            names = "--corpus",
            paramLabel = "FILE",
            description = "documents: NDJSON to post, instead of generated ones.")
    private @Nullable Path corpus;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "8",
            description = "Partitions of every topic (${DEFAULT-VALUE}).")
    private int partitions;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Rounds of each side, alternating (append and reads 5, all others 3).")
    private @Nullable Integer rounds;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "documents: seed of the generator (${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--target",
            paramLabel = "DIR",
            defaultValue = "bench/target",
            description = "Where data and bench.json go; on a disk, or fsync means nothing (${DEFAULT-VALUE}).")
    private Path target = Path.of("bench/target");

    @Option(
            names = "--home",
            paramLabel = "DIR",
            defaultValue = "bench",
            description = "The benchmark's own folder (${DEFAULT-VALUE}).")
    private Path home = Path.of("bench");

    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ROOT);
        System.exit(new CommandLine(new Bench())
                .setOverwrittenOptionsAllowed(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        var report = new Report();
        try (var server = BenchServer.start(target.resolve("bench-data"))) {
            report.machine(server);
            if (runs(Part.APPEND)) {
                append(server, report);
            }
            if (runs(Part.DOCUMENTS)) {
                documents(server, report);
            }
            if (runs(Part.READS)) {
                reads(server, report);
            }
            if (runs(Part.RETENTION)) {
                retention(server, report);
            }
            beside(server, report);
        }
        report.finish(target.resolve("bench.json"));
        return 0;
    }

    private boolean runs(Part part) {
        return only.contains(part)
                || (only.contains(Part.PEERS)
                        && EnumSet.of(Part.KAFKA, Part.POSTS, Part.VISIBILITY).contains(part));
    }

    private void append(BenchServer server, Report report) throws Exception {
        var settings = new AppendBench.Settings(partitions, Duration.ofSeconds(seconds), rounds == null ? 5 : rounds);
        report.append(settings, new AppendBench(server, settings).run());
    }

    private void documents(BenchServer server, Report report) throws Exception {
        var settings = new DocumentBench.Settings(partitions, rounds == null ? 3 : rounds);
        var lines = lines();
        report.documents(settings, lines, new DocumentBench(server, settings, lines).run());
    }

    private void reads(BenchServer server, Report report) throws Exception {
        var settings = new ReadBench.Settings(partitions, entities, rounds == null ? 5 : rounds, requests);
        report.reads(settings, new ReadBench(server, settings).run());
    }

    private void retention(BenchServer server, Report report) throws Exception {
        var settings =
                new RetentionBench.Settings(partitions, Duration.ofSeconds(seconds), rounds == null ? 3 : rounds);
        report.retention(settings, new RetentionBench(server, settings).run());
    }

    private void beside(BenchServer server, Report all) throws Exception {
        var report = new PeerReport(all);
        var length = Duration.ofSeconds(seconds);
        var turns = rounds == null ? 3 : rounds;
        if (runs(Part.KAFKA)) {
            kafka(server, report, length, turns);
        }
        if (runs(Part.POSTS)) {
            var settings = new PostBench.Settings(partitions, length, turns, target);
            report.posts(settings, new PostBench(server, settings).run());
        }
        if (runs(Part.VISIBILITY)) {
            var settings = new VisibilityBench.Settings(partitions, VISIBILITY, turns);
            report.visibility(settings, new VisibilityBench(server, settings, lines()).run());
        }
        if (runs(Part.LONG_TRANSACTIONS)) {
            var settings = new LongTransactionBench.Settings(partitions, minutes(1));
            report.longTransactions(settings, new LongTransactionBench(server, settings, lines()).run());
        }
        if (runs(Part.IDLE)) {
            var settings = new IdleBench.Settings(partitions, minutes(10));
            report.idle(settings, new IdleBench(server, settings, lines().subList(0, IDLE_DOCUMENTS)).run());
        }
    }

    private void kafka(BenchServer server, PeerReport report, Duration length, int turns) throws Exception {
        Kafka kafka;
        try {
            kafka = Kafka.resolve(home.resolve("kafka/pom.xml"), home.resolve("target/kafka"));
        } catch (IOException e) {
            Report.line("\nKafka is left out: " + e.getMessage());
            return;
        }
        var settings = new KafkaBench.Settings(partitions, length, turns, kafka, target.resolve("bench-kafka"));
        report.kafka(settings, new KafkaBench(server, settings).run());
    }

    private Duration minutes(int divisor) {
        return Duration.ofMillis((long) (minutes * 60_000 / divisor));
    }

    private List<byte[]> lines() throws IOException {
        return corpus == null ? new DocumentGenerator(seed).lines(documents) : Corpus.lines(corpus, documents);
    }
}
