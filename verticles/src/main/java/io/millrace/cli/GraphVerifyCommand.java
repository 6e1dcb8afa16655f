package io.millrace.cli;

import io.millrace.DatabaseAccess;
import io.millrace.verify.Check;
import io.millrace.verify.Report;
import io.millrace.verify.Verification;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code millrace graph verify}: recounts everything in one snapshot. */
@Command(
        name = "verify",
        description = {
            "Recount the log, the jobs, the graph and its statistics in one snapshot, and compare with what is stored.",
            "Reaches the database itself: DATABASE_URL, PG*, POSTGRES_*, or the embedded server, whether a pod runs it or not."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:no difference", "1:a difference was found", "2:wrong usage"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace graph verify",
            "  DATABASE_URL=postgresql://reader@host/millrace millrace graph verify -o json"
        })
final class GraphVerifyCommand implements Callable<Integer> {

    @Mixin
    final HelpOption help = new HelpOption();

    @Mixin
    private final ServeOptions options = new ServeOptions();

    @Mixin
    private final OutputOption output = new OutputOption();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private final Surroundings surroundings;

    GraphVerifyCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws SQLException {
        var report = verify();
        var command = spec.commandLine();
        new ViewPrinter(command.getOut(), command.getErr(), output.format(), surroundings.stdout())
                .show(View.ofList(Json.write(report), "checks", lines(report)));
        return report.clean() ? ExitCode.OK : ExitCode.FAILED;
    }

    private Report verify() throws SQLException {
        try (var access = DatabaseAccess.open(options.config());
                var connection = access.connect()) {
            return Verification.run(connection);
        }
    }

    private static List<String> lines(Report report) {
        var lines = new ArrayList<String>();
        for (var check : report.checks()) {
            lines.add(line(check));
            check.examples().forEach(example -> lines.add("       " + Printable.text(example)));
        }
        lines.add(report.clean() ? "clean: no difference" : "NOT CLEAN: see the lines marked with a cross");
        return lines;
    }

    private static String line(Check check) {
        return "%s %-88s %,10d examined  %,d differences"
                .formatted(check.clean() ? "ok  " : "X   ", check.title(), check.examined(), check.differences());
    }
}
