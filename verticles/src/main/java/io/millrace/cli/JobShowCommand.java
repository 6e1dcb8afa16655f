package io.millrace.cli;

import java.util.List;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code millrace job show}: one job in full, or several in a table. */
@Command(
        name = "show",
        description = {
            "Show how far jobs have come.",
            "",
            "As JSON, one id gives the job itself, several give {\"jobs\": […], \"missing\": […]}. With --watch it ends when"
                    + " the jobs have."
        },
        exitCodeList = {
            "0:shown, whatever became of the jobs; with --watch: none failed",
            "1:an id is no job's in this workspace, or the server refused; with --watch: a job failed",
            "2:wrong usage",
            "69:no server answers"
        },
        footer = {
            "  millrace job show 01a1fee0-7989-76da-a256-ec6a81ec09a6",
            "  millrace job show --watch $(millrace ingest --no-wait notes/ | cut -c1-36)"
        })
final class JobShowCommand extends WatchableCommand {

    @Parameters(arity = "1..*", paramLabel = "ID", description = "Ids of jobs, up to 100.")
    private List<UUID> ids = List.of();

    JobShowCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    View ask(ApiClient api) {
        if (ids.size() > JobList.IDS_MAX) {
            throw usage("%d ids, more than %d at once".formatted(ids.size(), JobList.IDS_MAX));
        }
        return ids.size() == 1 ? one(api) : all(api);
    }

    private View one(ApiClient api) {
        var answer = api.get("/v1/jobs/" + ids.getFirst());
        var job = Json.read(answer, JobStatus.class);
        return ended(View.of(answer, JobText.one(job, terminal())), List.of(job));
    }

    private View all(ApiClient api) {
        var answer = api.get(JobList.path(ids));
        var list = Json.read(answer, JobList.class);
        var lines = list.jobs().isEmpty() ? List.<String>of() : JobText.table(list.jobs(), terminal());
        var notes = list.missing().stream().map(id -> "no job " + id).toList();
        var view = ended(View.ofList(answer, "jobs", lines), list.jobs());
        return notes.isEmpty() ? view : view.withNotes(notes).withExitCode(ExitCode.FAILED);
    }

    /** Only who waits for the end is told by the exit code what became of it. */
    private View ended(View view, List<JobStatus> jobs) {
        var all = jobs.stream().allMatch(JobStatus::ended);
        var anyFailed = jobs.stream().anyMatch(JobStatus::failed);
        return view.asLast(all).withExitCode(watches() && anyFailed ? ExitCode.FAILED : ExitCode.OK);
    }
}
