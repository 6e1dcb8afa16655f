package io.millrace.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a command has to show.
 *
 * @param json for programs, as the server answered
 * @param list the field of it whose elements are a line each where lines are wanted; null where the whole of it is one
 * @param lines for people
 * @param notes for people too, beside the result
 * @param last whether looking again would show nothing new
 */
record View(String json, @Nullable String list, List<String> lines, List<String> notes, int exitCode, boolean last) {

    View {
        lines = List.copyOf(lines);
        notes = List.copyOf(notes);
    }

    static View of(String json, List<String> lines) {
        return new View(json, null, lines, List.of(), ExitCode.OK, false);
    }

    static View ofList(String json, String list, List<String> lines) {
        return new View(json, list, lines, List.of(), ExitCode.OK, false);
    }

    View withNotes(List<String> notes) {
        return new View(json, list, lines, notes, exitCode, last);
    }

    View withExitCode(int exitCode) {
        return new View(json, list, lines, notes, exitCode, last);
    }

    View asLast(boolean last) {
        return new View(json, list, lines, notes, exitCode, last);
    }
}
