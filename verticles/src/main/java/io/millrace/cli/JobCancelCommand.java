package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code millrace job cancel}: calls off jobs that have not ended. */
@Command(
        name = "cancel",
        description =
                "Call off jobs that have not ended. One that is called off has failed, and says that it was cancelled.",
        exitCodeList = {
            "0:all of them are cancelled",
            "1:one could not be, for example because it has ended already",
            "2:wrong usage",
            "69:no server answers"
        },
        footer = "  millrace job cancel 01a1fee0-7989-76da-a256-ec6a81ec09a6")
final class JobCancelCommand extends AnswerCommand {

    @Parameters(arity = "1..*", paramLabel = "ID", description = "Ids of jobs.")
    private List<UUID> ids = List.of();

    JobCancelCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    View ask(ApiClient api) {
        var answers = new ArrayList<String>();
        var lines = new ArrayList<String>();
        var refusals = new ArrayList<String>();
        for (var id : ids) {
            try {
                answers.add(api.post(Query.of("/v1/jobs/%s/cancel", id).toString()));
                lines.add("cancelled " + id);
            } catch (ApiException e) {
                refusals.add("job " + id + ": " + e.getMessage());
            }
        }
        return View.ofList(Json.list("jobs", answers), "jobs", lines)
                .withNotes(refusals)
                .withExitCode(refusals.isEmpty() ? ExitCode.OK : ExitCode.FAILED);
    }
}
