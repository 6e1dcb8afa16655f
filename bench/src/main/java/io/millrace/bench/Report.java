package io.millrace.bench;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The table on standard output and the same figures, round by round, as JSON. */
final class Report {

    private static final int SQL_SHOWN = 90;

    private final Map<String, Object> json = new LinkedHashMap<>();

    void machine(BenchServer server) {
        var machine = new LinkedHashMap<String, Object>();
        machine.put("at", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        machine.put("processors", Runtime.getRuntime().availableProcessors());
        machine.put("load_before", load());
        machine.put("java", Runtime.version().toString());
        machine.put("postgresql", server.parameters());
        json.put("machine", machine);
        line("%d processors, load %.1f before; Java %s"
                .formatted(Runtime.getRuntime().availableProcessors(), load(), Runtime.version()));
        line(server.parameters().entrySet().stream().map(Report::joined).collect(Collectors.joining(", ")));
    }

    private static String joined(Map.Entry<String, String> parameter) {
        return parameter.getKey() + " " + parameter.getValue();
    }

    private static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    void append(AppendBench.Settings settings, AppendBench.Result result) {
        var raw = Throughput.medianPerSecond(result.raw());
        var appender = Throughput.medianPerSecond(result.appender());
        var ratio = result.medianRatio();
        var fetch = Throughput.medianPerSecond(result.fetch());
        line("");
        line("append: records of 1 KiB, %d partitions, medians of %d rounds"
                .formatted(settings.partitions(), settings.rounds()));
        line("  %-34s %,12.0f records/s   %s".formatted("raw array insert", raw, perSecond(result.raw())));
        line("  %-34s %,12.0f records/s   %s"
                .formatted("Appender (aim 200,000)", appender, perSecond(result.appender())));
        line("  %-34s %12.2f".formatted("Appender / raw (aim 0.90)", ratio));
        line("  %-34s %,12.0f records/s   %s".formatted("fetch", fetch, perSecond(result.fetch())));
        var append = new LinkedHashMap<String, Object>();
        append.put("partitions", settings.partitions());
        append.put("value_bytes", Records.VALUE_BYTES);
        append.put("raw_records_per_second", raw);
        append.put("appender_records_per_second", appender);
        append.put("ratio", ratio);
        append.put("fetch_records_per_second", fetch);
        append.put("rounds", result);
        json.put("append", append);
    }

    private static String perSecond(List<Throughput> rounds) {
        return rounds.stream()
                .map(round -> "%,.0f".formatted(round.perSecond()))
                .collect(Collectors.joining(" ", "(", ")"));
    }

    void retention(RetentionBench.Settings settings, RetentionBench.Result result) {
        line("");
        line("retention: batches of 1 MiB, %d partitions, an append and a fetch under way in each; ms, windows of %d s"
                .formatted(settings.partitions(), settings.window().toSeconds()));
        result.quiet().forEach(window -> retention("nothing dropped", window));
        result.dropping().forEach(window -> retention(window.dropped() + " segments dropped", window));
        json.put("retention", result);
    }

    private static void retention(String what, RetentionBench.Window window) {
        line("  %-22s append %s   fetch %s".formatted(what, times(window.appends()), times(window.fetches())));
    }

    private static String times(RetentionBench.Times times) {
        return "%,8d: median %6.1f, 99.9%% %6.1f, longest %6.1f"
                .formatted(times.count(), times.median(), times.p999(), times.longest());
    }

    void documents(DocumentBench.Settings settings, List<byte[]> lines, List<DocumentBench.Round> rounds) {
        var flow = Throughput.median(rounds, round -> round.flow().perSecond());
        var mock = Throughput.median(rounds, round -> round.mock().perSecond());
        var ratio = Throughput.median(rounds, DocumentBench.Round::ratio);
        var bytes = lines.stream().mapToLong(document -> document.length).sum() / lines.size();
        line("");
        line("documents: %,d a round, %,d bytes each, %d partitions, medians of %d rounds"
                .formatted(lines.size(), bytes, settings.partitions(), settings.rounds()));
        line("  %-34s %12s %12s %12s".formatted("", "flow", "bare SQL", "flow / SQL"));
        line("  %-34s %,12.0f %,12.0f %12.2f".formatted("documents/s (aim 1,000; 0.80)", flow, mock, ratio));
        line("  %-34s %s".formatted("rounds", figures(rounds)));
        costs("JVM CPU ms a document", rounds, usage -> usage.jvmCpuSeconds() * 1e3);
        costs("PostgreSQL CPU ms a document", rounds, Report::postgresMillis);
        costs("WAL bytes a document", rounds, Meter.Usage::walBytes);
        line("  %-34s %12d".formatted("jobs that failed", rounds.getLast().failedJobs()));
        var last = rounds.getLast();
        statements("flow", last.flow().costs(), last.flow().documents());
        statements("bare SQL", last.mock().costs(), last.mock().documents());
        var documents = new LinkedHashMap<String, Object>();
        documents.put("documents", lines.size());
        documents.put("document_bytes", bytes);
        documents.put("partitions", settings.partitions());
        documents.put("flow_documents_per_second", flow);
        documents.put("mock_documents_per_second", mock);
        documents.put("ratio", ratio);
        documents.put("rounds", rounds);
        json.put("documents", documents);
    }

    private static String figures(List<DocumentBench.Round> rounds) {
        return rounds.stream()
                .map(round -> "%,.0f / %,.0f = %.2f"
                        .formatted(round.flow().perSecond(), round.mock().perSecond(), round.ratio()))
                .collect(Collectors.joining(", "));
    }

    private static double postgresMillis(Meter.Usage usage) {
        Double seconds = usage.postgresCpuSeconds();
        return seconds == null ? Double.NaN : seconds * 1e3;
    }

    private static void costs(String what, List<DocumentBench.Round> rounds, ToDoubleFunction<Meter.Usage> figure) {
        var flow = Throughput.median(rounds, round -> perDocument(round.flow(), figure));
        var mock = Throughput.median(rounds, round -> perDocument(round.mock(), figure));
        line("  %-34s %,12.2f %,12.2f %12.2f".formatted(what, flow, mock, flow / mock));
    }

    private static double perDocument(DocumentBench.Side side, ToDoubleFunction<Meter.Usage> figure) {
        return figure.applyAsDouble(side.usage()) / side.documents();
    }

    /** @param done documents, of which each had its share of the cost */
    static void statements(String of, List<StatementCosts.Cost> costs, long done) {
        line("");
        line("  cost by statement, %s".formatted(of));
        line("  %8s %9s %10s %9s %12s  statement".formatted("calls", "rows", "ms", "ms/doc", "WAL B/doc"));
        for (var cost : costs) {
            line("  %8d %9d %10.0f %9.3f %12.0f  %s"
                    .formatted(
                            cost.calls(),
                            cost.rows(),
                            cost.millis(),
                            cost.millis() / done,
                            (double) cost.walBytes() / done,
                            cost.sql()
                                    .substring(0, Math.min(SQL_SHOWN, cost.sql().length()))));
        }
    }

    void reads(ReadBench.Settings settings, List<ReadBench.Route> routes) {
        line("");
        line("reads: milliseconds over HTTP, %,d requests of each a round, by turns, medians of %d rounds"
                .formatted(settings.requests(), settings.rounds()));
        line("  %-34s %21s %21s %12s"
                .formatted(
                        "",
                        "%,d entities".formatted(ReadBench.SMALL),
                        "%,d entities".formatted(settings.large()),
                        "p99 ratio"));
        line("  %-34s %10s %10s %10s %10s %12s".formatted("", "p50", "p99", "p50", "p99", "aim 1.20"));
        for (var route : routes) {
            line("  %-34s %10.2f %10.2f %10.2f %10.2f %12.2f"
                    .formatted(
                            route.path(),
                            route.median(round -> round.small().p50()),
                            route.median(round -> round.small().p99()),
                            route.median(round -> round.large().p50()),
                            route.median(round -> round.large().p99()),
                            route.median(ReadBench.Round::ratio)));
        }
        var reads = new LinkedHashMap<String, Object>();
        reads.put("requests", settings.requests());
        reads.put("entities", List.of(ReadBench.SMALL, settings.large()));
        reads.put("routes", routes);
        json.put("reads", reads);
    }

    void finish(Path file) throws IOException {
        json.put("load_after", load());
        Files.createDirectories(file.toAbsolutePath().getParent());
        JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValue(file.toFile(), json);
        line("");
        line("load %.1f after; every round is in %s".formatted(load(), file));
    }

    /** What is going on, for whoever waits; not part of the table. */
    static void progress(String what) {
        System.err.println("bench: " + what);
    }

    void put(String part, Object result) {
        json.put(part, result);
    }

    static void line(String text) {
        System.out.println(text);
    }
}
