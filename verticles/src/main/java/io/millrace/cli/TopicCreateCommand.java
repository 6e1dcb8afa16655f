package io.millrace.cli;

import java.util.LinkedHashMap;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace topic create}: a topic of one's own. */
@Command(
        name = "create",
        description = {
            "Make a topic of your own, and its dead-letter topic.",
            "",
            "The number of partitions is fixed for good: it is how many can be worked on at once. Making a topic that is there"
                    + " already changes nothing; with another number of partitions it is refused."
        },
        footer = {"  millrace topic create page-views", "  millrace topic create page-views --partitions 8"})
final class TopicCreateCommand extends AnswerCommand {

    @Parameters(paramLabel = "TOPIC", description = "Letters, digits, dots, dashes and underscores.")
    private String topic = "";

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "1",
            description = "Partitions, up to 1024 (default: ${DEFAULT-VALUE}).")
    private int partitions;

    TopicCreateCommand(Surroundings surroundings) {
        super(surroundings);
    }

    private record Created(String topic, int partitions, boolean created) {}

    @Override
    View ask(ApiClient api) {
        var wanted = new LinkedHashMap<String, Object>();
        wanted.put("topic", topic);
        wanted.put("partitions", partitions);
        var answer = api.post("/v1/topics", Json.write(wanted));
        var made = Json.read(answer, Created.class);
        return View.of(
                answer,
                List.of("topic %s with %s %s"
                        .formatted(
                                Printable.text(made.topic()),
                                Format.count(made.partitions(), "partition"),
                                made.created() ? "is made" : "was there already")));
    }
}
