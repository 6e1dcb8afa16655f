package io.millrace.cli;

import io.millrace.DatabaseAccess;
import io.millrace.verify.Check;
import io.millrace.verify.Report;
import io.millrace.verify.Verification;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace graph verify}: recounts everything in one snapshot. */
@Command(
        name = "verify",
        description = {
            "Recount the log, the jobs, the graph and its statistics in one snapshot, and compare with what is stored.",
            "Reaches the database itself: DATABASE_URL, PG*, POSTGRES_*, or the embedded server, whether a pod runs it or not."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:no difference", "1:a difference was found", "2:wrong usage"})
final class GraphVerifyCommand implements Callable<Integer> {

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

    @Override
    public Integer call() throws Exception {
        var report = verify();
        PrintWriter out = spec.commandLine().getOut();
        if (output == OutputFormat.JSON) {
            out.println(Json.pretty(Json.MAPPER.writeValueAsString(report), false));
        } else {
            text(report, out);
        }
        out.flush();
        return report.clean() ? ExitCode.OK : ExitCode.FAILED;
    }

    private Report verify() throws SQLException {
        try (var access = DatabaseAccess.open(options.config());
                var connection = access.connect()) {
            return Verification.run(connection);
        }
    }

    private static void text(Report report, PrintWriter out) {
        for (var check : report.checks()) {
            out.println(line(check));
            check.examples().forEach(example -> out.println("       " + Printable.text(example)));
        }
        out.println(report.clean() ? "clean: no difference" : "NOT CLEAN: see the lines marked with a cross");
    }

    private static String line(Check check) {
        return "%s %-88s %,10d examined  %,d differences"
                .formatted(check.clean() ? "ok  " : "X   ", check.title(), check.examined(), check.differences());
    }
}
