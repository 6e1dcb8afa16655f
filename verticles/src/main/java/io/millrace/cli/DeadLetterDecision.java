package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code retry} and {@code drop} have in common: they decide about dead letters, some or all that are open. */
abstract class DeadLetterDecision extends AnswerCommand {

    private static final Pattern PLACE = Pattern.compile("([A-Za-z0-9._-]{1,200})/(\\d{1,4})/(\\d{1,19})");

    @Parameters(
            arity = "0..*",
            paramLabel = "LETTER",
            description = "Dead letters as `deadletter list` shows them: TOPIC/PARTITION/OFFSET.")
    private List<String> letters = List.of();

    @Option(names = "--all", description = "All that are open.")
    private boolean all;

    @Option(names = "--topic", paramLabel = "TOPIC", description = "With --all, only those read from this topic.")
    private @Nullable String topic;

    private final String verb;

    DeadLetterDecision(Surroundings surroundings, String verb) {
        super(surroundings);
        this.verb = verb;
    }

    private record Letter(String topic, int partition, long offset) {
        String place() {
            return "%s/%d/%d".formatted(topic, partition, offset);
        }
    }

    @Override
    final View ask(ApiClient api) {
        if (all == !letters.isEmpty() || (topic != null && !all)) {
            throw usage("give dead letters, or --all with or without --topic");
        }
        letters.stream()
                .filter(letter -> !PLACE.matcher(letter).matches())
                .findFirst()
                .ifPresent(wrong -> {
                    throw usage("a dead letter is TOPIC/PARTITION/OFFSET, not '" + wrong + "'");
                });
        var decisions = new Decisions(api);
        if (all) {
            new Pages(api, "deadletters", () -> Query.of("/v1/deadletters").with("topic", topic))
                    .each(page -> page.forEach(letter ->
                            decisions.add(Json.read(letter, Letter.class).place())));
        } else {
            letters.forEach(decisions::add);
        }
        return decisions.view();
    }

    private final class Decisions {
        private final ApiClient api;
        private final List<String> answers = new ArrayList<>();
        private final List<String> lines = new ArrayList<>();
        private final List<String> refusals = new ArrayList<>();

        Decisions(ApiClient api) {
            this.api = api;
        }

        void add(String place) {
            try {
                var parts = place.split("/", -1);
                answers.add(api.post(Query.of("/v1/deadletters/%s/%s/%s/" + verb, (Object[]) parts)
                        .toString()));
                lines.add("%s %s".formatted(done(), place));
            } catch (ApiException e) {
                refusals.add(place + ": " + e.getMessage());
            }
        }

        View view() {
            return View.ofList(Json.list("deadletters", answers), "deadletters", lines)
                    .withNotes(refusals)
                    .withExitCode(refusals.isEmpty() ? ExitCode.OK : ExitCode.FAILED);
        }
    }

    abstract String done();
}
