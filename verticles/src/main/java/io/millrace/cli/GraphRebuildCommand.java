package io.millrace.cli;

import io.millrace.DatabaseAccess;
import io.millrace.rebuild.Rebuild;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace graph rebuild}: the graph made anew from the chunks. */
@Command(
        name = "rebuild",
        description = {
            "Make graph and statistics anew from the stored chunks and what was extracted from them, beside the live graph and"
                    + " while documents arrive, and swap them in. Nothing of the log is needed.",
            "Says how many rows were not as they should have been; of a graph that is right, none is written.",
            "Reaches the database itself: DATABASE_URL, PG*, POSTGRES_*, or the embedded server, whether a pod runs it or not;"
                    + " past a pooler, on the server itself."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the graph was made anew", "1:it was not, and is as it was", "2:wrong usage"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace graph rebuild",
            "  DATABASE_URL=postgresql://owner@host/millrace millrace graph rebuild -o json"
        })
final class GraphRebuildCommand implements Callable<Integer> {

    private static final long CHUNKS_A_LINE = 10_000;

    @Mixin
    final HelpOption help = new HelpOption();

    @Mixin
    private final ServeOptions options = new ServeOptions();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "text or json (default: ${DEFAULT-VALUE}).")
    private OutputFormat output = OutputFormat.TEXT;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private long told;

    @Override
    public Integer call() throws Exception {
        var report = rebuild();
        var out = spec.commandLine().getOut();
        if (output == OutputFormat.JSON) {
            out.println(Json.pretty(Json.MAPPER.writeValueAsString(new View(report)), false));
        } else {
            text(report).forEach(out::println);
        }
        out.flush();
        return ExitCode.OK;
    }

    private record View(long chunks, long heldMillis, long changed, List<Rebuild.Swapped> swapped) {
        View(Rebuild.Report report) {
            this(report.chunks(), report.held().toMillis(), report.changed(), report.swapped());
        }
    }

    private Rebuild.Report rebuild() throws SQLException {
        try (var access = DatabaseAccess.open(options.config());
                var connection = access.connect()) {
            return Rebuild.run(connection, this::progress);
        }
    }

    private void progress(long chunks) {
        if (chunks / CHUNKS_A_LINE > told) {
            told = chunks / CHUNKS_A_LINE;
            spec.commandLine().getErr().printf(Locale.ROOT, "%,d chunks%n", chunks);
            spec.commandLine().getErr().flush();
        }
    }

    private static List<String> text(Rebuild.Report report) {
        var lines = new ArrayList<String>();
        for (var table : report.swapped()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%-22s %,12d written %,12d removed",
                    table.relation(),
                    table.written(),
                    table.removed()));
        }
        lines.add(String.format(
                Locale.ROOT,
                "%,d chunks made again, %s; graph and stats waited %,d ms",
                report.chunks(),
                report.changed() == 0
                        ? "and every row was right"
                        : String.format(Locale.ROOT, "%,d rows changed", report.changed()),
                report.held().toMillis()));
        return lines;
    }
}
