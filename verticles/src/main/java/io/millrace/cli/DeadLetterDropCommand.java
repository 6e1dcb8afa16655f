package io.millrace.cli;

import picocli.CommandLine.Command;

/** {@code millrace deadletter drop}: what was given up stays given up. */
@Command(
        name = "drop",
        description =
                "Decide that dead letters are not tried again. The records stay in the dead-letter topic, marked as dropped.",
        exitCodeList = {
            "0:all of them are dropped",
            "1:one was refused, for example because it has been retried or dropped already",
            "2:wrong usage",
            "69:no server answers"
        },
        footer = {"  millrace deadletter drop documents/0/17", "  millrace deadletter drop --all"})
final class DeadLetterDropCommand extends DeadLetterDecision {

    DeadLetterDropCommand(Surroundings surroundings) {
        super(surroundings, "drop");
    }

    @Override
    String done() {
        return "dropped";
    }
}
