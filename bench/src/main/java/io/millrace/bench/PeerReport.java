package io.millrace.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The tables of what is measured beside others' systems: log, posts, and how soon documents are visible. */
final class PeerReport {

    private final Report report;

    PeerReport(Report report) {
        this.report = report;
    }

    void kafka(KafkaBench.Settings settings, KafkaBench.Result result) {
        Report.line("");
        Report.line("log: records of 1 KiB, %d partitions, by turns with Apache Kafka %s, medians of %d rounds"
                .formatted(settings.partitions(), result.version(), settings.rounds()));
        rate("Kafka as shipped, acks=all", result.appended(), KafkaBench.Appended::shipped);
        rate("Kafka, flush.messages=1", result.appended(), KafkaBench.Appended::flushed);
        rate("Appender", result.appended(), KafkaBench.Appended::appender);
        ratio("Appender / Kafka as shipped (2)", result.appended(round -> round.appender() / round.shipped()));
        ratio("Appender / Kafka with fsync (5)", result.appended(round -> round.appender() / round.flushed()));
        rate("Kafka's consumer", result.read(), KafkaBench.Read::kafka);
        rate("fetch", result.read(), KafkaBench.Read::fetch);
        ratio("fetch / Kafka's consumer (0.5)", result.read(round -> round.fetch() / round.kafka()));
        report.put("kafka", result);
    }

    private static <T> void rate(String what, List<T> rounds, ToDoubleFunction<T> figure) {
        Report.line("  %-34s %,12.0f records/s   %s"
                .formatted(what, Throughput.median(rounds, figure), figures(rounds, figure)));
    }

    private static <T> String figures(List<T> rounds, ToDoubleFunction<T> figure) {
        return rounds.stream()
                .map(round -> "%,.0f".formatted(figure.applyAsDouble(round)))
                .collect(Collectors.joining(" ", "(", ")"));
    }

    private static void ratio(String what, double ratio) {
        Report.line("  %-34s %12.2f".formatted(what, ratio));
    }

    void posts(PostBench.Settings settings, PostBench.Result result) {
        Report.line("");
        Report.line("single posts: %,d bytes each, %d connections, rounds of %d s by turns, medians of %d rounds"
                .formatted(
                        result.documentBytes(),
                        PostBench.CLIENTS,
                        settings.round().toSeconds(),
                        settings.rounds()));
        Report.line("  %-34s %12s %10s %10s %10s %10s %10s"
                .formatted("", "a second", "p50 ms", "p99 ms", "pod ms", "client ms", "PG ms"));
        if (result.pgbench() == null) {
            Report.line("  pgbench is left out: there is none in the path, nor in /usr/lib/postgresql/*/bin");
        } else {
            Report.line("  %-34s %,12.0f %10s %10s %10s %10s %10.3f   %s"
                    .formatted(
                            "pgbench, %d clients".formatted(PostBench.CLIENTS),
                            result.median(PeerReport::pgbench),
                            "",
                            "",
                            "",
                            "",
                            result.median(PeerReport::pgbenchMillis),
                            figures(result.rounds(), PeerReport::pgbench)));
        }
        side("accepted, stages ingest", result, PostBench.Round::accepting);
        side("accepted, every stage", result, PostBench.Round::flowing);
        if (result.pgbench() != null) {
            ratio(
                    "accepting / pgbench (1)",
                    result.median(round -> round.accepting().perSecond() / pgbench(round)));
            ratio(
                    "every stage / pgbench",
                    result.median(round -> round.flowing().perSecond() / pgbench(round)));
        }
        var last = result.rounds().getLast();
        Report.statements(
                "accepting",
                last.accepting().costs(),
                last.accepting().posts().posts().count());
        report.put("posts", result);
    }

    private static double pgbench(PostBench.Round round) {
        var inserted = round.pgbench();
        return inserted == null ? Double.NaN : inserted.perSecond();
    }

    private static double pgbenchMillis(PostBench.Round round) {
        var inserted = round.pgbench();
        return inserted == null ? Double.NaN : inserted.postgresMillis();
    }

    private interface Sides {
        PostBench.Side of(PostBench.Round round);
    }

    private static void side(String what, PostBench.Result result, Sides sides) {
        Report.line("  %-34s %,12.0f %10.2f %10.2f %10.3f %10.3f %10.3f   %s"
                .formatted(
                        what,
                        result.median(round -> sides.of(round).perSecond()),
                        result.median(
                                round -> sides.of(round).posts().latencies().p50()),
                        result.median(
                                round -> sides.of(round).posts().latencies().p99()),
                        result.median(round -> sides.of(round).podMillis()),
                        result.median(round -> sides.of(round).clientMillis()),
                        result.median(round -> sides.of(round).postgresMillis()),
                        figures(result.rounds(), round -> sides.of(round).perSecond())));
    }

    void visibility(VisibilityBench.Settings settings, List<VisibilityBench.Round> rounds) {
        Report.line("");
        Report.line("visible in the graph: from POST to the end of the job, %d s a load and round, medians of %d rounds"
                .formatted(settings.length().toSeconds(), settings.rounds()));
        Report.line("  %-34s %12s %10s %10s %10s %10s"
                .formatted("", "documents/s", "p50 ms", "p90 ms", "p99 ms", "longest"));
        Report.line("  %-34s %,12.0f"
                .formatted("as fast as they go", Throughput.median(rounds, VisibilityBench.Round::fullPerSecond)));
        var last = rounds.getLast().loads();
        for (var i = 0; i < last.size(); i++) {
            var at = i;
            visible(rounds.stream().map(round -> round.loads().get(at)).toList());
        }
        var costs = last.getLast();
        Report.line("");
        Report.statements("half load", costs.costs(), (long)
                (costs.perSecond() * settings.length().toSeconds()));
        report.put("visibility", rounds);
    }

    private static void visible(List<VisibilityBench.Load> rounds) {
        Report.line("  %-34s %,12.0f %10.1f %10.1f %10.1f %10.1f   %s"
                .formatted(
                        share(rounds.getFirst().share()),
                        Throughput.median(rounds, VisibilityBench.Load::perSecond),
                        Throughput.median(rounds, load -> load.client().p50()),
                        Throughput.median(rounds, load -> load.client().p90()),
                        Throughput.median(rounds, load -> load.client().p99()),
                        Throughput.median(rounds, load -> load.client().longest()),
                        figures(rounds, load -> load.client().p99())));
        Report.line("  %-34s %12s %10.1f %10s %10.1f"
                .formatted(
                        "  by the server's clock",
                        "",
                        Throughput.median(rounds, load -> load.server().wholeP50()),
                        "",
                        Throughput.median(rounds, load -> load.server().wholeP99())));
        Report.line("  %-34s %12s %10.1f"
                .formatted(
                        "  until it is cut into chunks",
                        "",
                        Throughput.median(rounds, load -> load.server().begunP50())));
        Report.line("  %-34s %12s %10.1f"
                .formatted(
                        "  until the job has ended",
                        "",
                        Throughput.median(rounds, load -> load.server().endedP50())));
    }

    private static String share(double share) {
        return share == VisibilityBench.HALF ? "half of that (p99 100)" : "%.0f%% of that".formatted(100 * share);
    }

    void longTransactions(LongTransactionBench.Settings settings, LongTransactionBench.Result result) {
        var without = result.without().windows();
        var with = result.with().windows();
        Report.line("");
        Report.line("long transactions: a reader holds one snapshot for %d s; a second, by tenths of that"
                .formatted(settings.length().toSeconds()));
        windows("documents without", without, LongTransactionBench.Window::documents);
        windows("documents with", with, LongTransactionBench.Window::documents);
        windows("commits without", without, LongTransactionBench.Window::commits);
        windows("commits with", with, LongTransactionBench.Window::commits);
        ratios("documents: with / without (0.80)", result, LongTransactionBench.Window::documents);
        ratios("commits: with / without (0.80)", result, LongTransactionBench.Window::commits);
        Report.line("  %-34s %12s %12s %12s %12s %12s"
                .formatted("with the reader", "live", "dead", "updates", "hot", "KiB"));
        for (var table : result.with().tables()) {
            Report.line("  %-34s %,12d %,12d %,12d %,12d %,12d"
                    .formatted(
                            table.name(),
                            table.live(),
                            table.dead(),
                            table.updates(),
                            table.hotUpdates(),
                            table.bytes() >> 10));
        }
        report.put("long_transactions", result);
    }

    private static void windows(
            String what,
            List<LongTransactionBench.Window> windows,
            ToDoubleFunction<LongTransactionBench.Window> figure) {
        Report.line("  %-34s %,12.0f   %s".formatted(what, mean(windows, figure), figures(windows, figure)));
    }

    private static double mean(
            List<LongTransactionBench.Window> windows, ToDoubleFunction<LongTransactionBench.Window> figure) {
        return windows.stream().mapToDouble(figure).average().orElse(Double.NaN);
    }

    /** Of the whole, and of the worst tenth beside the same tenth of the other side. */
    private static void ratios(
            String what, LongTransactionBench.Result result, ToDoubleFunction<LongTransactionBench.Window> figure) {
        var without = result.without().windows();
        var with = result.with().windows();
        var worst = Double.MAX_VALUE;
        for (var i = 0; i < with.size(); i++) {
            worst = Math.min(worst, figure.applyAsDouble(with.get(i)) / figure.applyAsDouble(without.get(i)));
        }
        Report.line(
                "  %-34s %12.2f   worst tenth %.2f".formatted(what, mean(with, figure) / mean(without, figure), worst));
    }

    void idle(IdleBench.Settings settings, IdleBench.Result result) {
        Report.line("");
        Report.line("idle: statements of a pod with nothing to do, over %d s"
                .formatted(settings.length().toSeconds()));
        Report.line("  %-34s %12.2f a second (2)"
                .formatted("nobody listens", result.alone().perSecond()));
        Report.line("  %-34s %12.2f a second (2)"
                .formatted("a client listens to events", result.listenedTo().perSecond()));
        Report.statements("nobody listens", result.alone().statements(), 1);
        Report.statements("a client listens to events", result.listenedTo().statements(), 1);
        report.put("idle", result);
    }
}
