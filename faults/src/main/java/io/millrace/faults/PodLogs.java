package io.millrace.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What the logs of pods tell that nothing else would. */
final class PodLogs {

    private static final Pattern OUT_OF_MEMORY =
            Pattern.compile("^(?:Caused by: |Exception .*|Terminating due to )?java\\.lang\\.OutOfMemoryError.*");

    private PodLogs() {}

    /** What stands before it, or behind it, when a poison had asked for more than there is: such errors often have no trace. */
    private static final Pattern POISON =
            Pattern.compile(".*(?: group %s |%s).*".formatted(LedgerPlugin.GROUP, LedgerPlugin.class.getSimpleName()));

    /** Lines that say that memory ran out, except where a poison had asked for more than there is. */
    static List<String> outOfMemory(Path folder) {
        try (var files = Files.list(folder)) {
            var found = new ArrayList<String>();
            for (var file :
                    files.filter(file -> file.toString().endsWith(".log")).toList()) {
                outOfMemory(file, found);
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void outOfMemory(Path file, List<String> found) throws IOException {
        try (var lines = Files.newBufferedReader(file)) {
            var before = "";
            var line = lines.readLine();
            while (line != null) {
                var next = lines.readLine();
                if (OUT_OF_MEMORY.matcher(line).matches()
                        && !POISON.matcher(before + next).matches()) {
                    found.add(file.getFileName() + ": " + line);
                }
                before = line;
                line = next;
            }
        }
    }
}
