package io.millrace.cli;

import java.util.List;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code millrace job show}: one job in full, or several in a table. */
@Command(
        name = "show",
        description = {
            "Show how far jobs have come.",
            "",
            "As JSON, one id gives the job itself, several give {\"jobs\": […], \"missing\": […]}."
        },
        exitCodeList = {
            "0:shown, whatever became of the jobs",
            "1:an id is no job's in this workspace, or the server refused",
            "2:wrong usage",
            "69:no server answers"
        })
final class JobShowCommand extends ClientCommand {

    @Parameters(arity = "1..*", paramLabel = "ID", description = "Ids of jobs, up to 100.")
    private List<UUID> ids = List.of();

    JobShowCommand() {
        super(Surroundings.system());
    }

    @Override
    int run(ApiClient api) {
        if (ids.size() > JobList.IDS_MAX) {
            throw new ParameterException(
                    spec().commandLine(), "%d ids, more than %d at once".formatted(ids.size(), JobList.IDS_MAX));
        }
        return ids.size() == 1 ? showOne(api) : showAll(api);
    }

    private int showOne(ApiClient api) {
        var answer = api.get("/v1/jobs/" + ids.getFirst());
        if (json()) {
            printJson(answer);
        } else {
            print(JobText.one(Json.read(answer, JobStatus.class), surroundings().stdout()));
        }
        return ExitCode.OK;
    }

    private int showAll(ApiClient api) {
        var answer = api.get(JobList.path(ids));
        var list = Json.read(answer, JobList.class);
        if (json()) {
            printJson(answer);
        } else if (!list.jobs().isEmpty()) {
            print(JobText.table(list.jobs(), surroundings().stdout()));
        }
        list.missing().forEach(id -> complain("no job " + id));
        return list.missing().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }
}
