package io.millrace.cli;

import io.millrace.cli.Table.Align;
import java.util.List;
import java.util.Objects;

/** Jobs as people read them. */
final class JobText {

    private static final int ERROR_COLUMNS_MAX = 60;

    private JobText() {}

    static List<String> one(JobStatus job, Terminal terminal) {
        var table = new Table(Align.LEFT, Align.LEFT)
                .row("Job", job.id().toString())
                .row("Status", job.status())
                .row("Document", Objects.requireNonNullElse(job.sourceUri(), "-"))
                .row("Type", Objects.requireNonNullElse(job.jobType(), "-"))
                .row("Chunks", job.chunksText())
                .row("Created", Format.time(job.createdAt()))
                .row("Started", Format.time(job.startedAt()) + Format.later(job.createdAt(), job.startedAt()))
                .row("Completed", Format.time(job.completedAt()) + Format.later(job.createdAt(), job.completedAt()));
        if (job.errorMessage() != null) {
            table.row("Error", job.errorText());
        }
        return table.lines().stream()
                .map(line -> line.startsWith("Status") ? colored(line, job, terminal) : line)
                .toList();
    }

    static List<String> table(List<JobStatus> jobs, Terminal terminal) {
        var table = new Table(Align.LEFT, Align.LEFT, Align.RIGHT, Align.LEFT, Align.LEFT)
                .row("JOB", "STATUS", "CHUNKS", "CREATED", "DOCUMENT");
        for (var job : jobs) {
            table.row(
                    job.id().toString(),
                    job.status(),
                    job.chunksText(),
                    Format.time(job.createdAt()),
                    Objects.requireNonNullElse(job.sourceUri(), "-") + errorBehind(job));
        }
        return table.linesUnderHeader(terminal);
    }

    private static String errorBehind(JobStatus job) {
        return job.errorMessage() == null ? "" : " (" + Printable.shortened(job.errorText(), ERROR_COLUMNS_MAX) + ")";
    }

    private static String colored(String line, JobStatus job, Terminal terminal) {
        if (job.failed()) {
            return terminal.red(line);
        }
        return job.completed() ? terminal.green(line) : line;
    }
}
