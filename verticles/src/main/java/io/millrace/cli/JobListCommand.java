package io.millrace.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace job list}: jobs, the newest first. */
@Command(
        name = "list",
        description = "List jobs, the newest first.",
        footer = {
            "  millrace job list --status failed",
            "  millrace job list --from 2026-11-21 --limit 1000 -o jsonl",
            "  millrace job list --status processing --watch"
        })
final class JobListCommand extends WatchableCommand {

    @Option(names = "--status", paramLabel = "STATUS", description = "queued, processing, completed or failed.")
    private @Nullable String status;

    @Option(names = "--type", paramLabel = "TYPE", description = "Of this type, such as ingest_doc.")
    private @Nullable String type;

    @Option(names = "--source-uri", paramLabel = "URI", description = "Of this document.")
    private @Nullable String sourceUri;

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "Created at this time, or on this day, or later (UTC).")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "Created before this time or day.")
    private @Nullable String to;

    @Mixin
    private final LimitOption limit = new LimitOption();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    JobListCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    View ask(ApiClient api) {
        var answer = new Pages(api, "jobs", this::query).first(limit.value(spec));
        var jobs = Json.read(answer, JobList.class).jobs();
        return jobs.isEmpty()
                ? View.ofList(answer, "jobs", List.of()).withNotes(List.of("no jobs found"))
                : View.ofList(answer, "jobs", JobText.table(jobs, terminal()));
    }

    private Query query() {
        return Query.of("/v1/jobs")
                .with("status", status)
                .with("job_type", type)
                .with("source_uri", sourceUri)
                .with("from", from)
                .with("to", to);
    }
}
