package io.millrace.cli;

import picocli.CommandLine.Command;

/** {@code millrace deadletter retry}: another try for what was given up. */
@Command(
        name = "retry",
        description = {
            "Append dead letters to the topic that they were read from, for another try; each once.",
            "",
            "A document of which a newer version is there is refused, since the older one would replace it."
        },
        exitCodeList = {
            "0:all of them are on their way again",
            "1:one was refused, for example because it has been retried or dropped already",
            "2:wrong usage",
            "69:no server answers"
        },
        footer = {"  millrace deadletter retry documents/0/17", "  millrace deadletter retry --all --topic documents"})
final class DeadLetterRetryCommand extends DeadLetterDecision {

    DeadLetterRetryCommand(Surroundings surroundings) {
        super(surroundings, "retry");
    }

    @Override
    String done() {
        return "retried";
    }
}
