package io.millrace.cli;

import io.millrace.cli.Table.Align;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace document show}: a document, its versions, and what was posted. */
@Command(
        name = "show",
        description = {
            "Show a document with its versions, the newest first; with --content, only its text, as it was posted.",
            "",
            "Text that the log no longer holds is put together from the chunks; of HTML, only the text is left then, which a note"
                    + " tells."
        },
        exitCodeList = {
            "0:shown",
            "1:there is no such document, version or content, or the server refused",
            "2:wrong usage",
            "69:no server answers"
        },
        footer = {
            "  millrace document show https://example.org/hopper",
            "  millrace document show notes/a.md --content > a.md",
            "  millrace document show https://example.org/hopper --version 17 -o json"
        })
final class DocumentShowCommand extends AnswerCommand {

    private static final String OLDER = "older versions are not shown; job list --source-uri lists what was posted";

    @Parameters(
            paramLabel = "SOURCE_URI",
            description = "The document's source_uri; a file that exists stands for its file:// URI.")
    private String document = "";

    @Option(names = "--version", paramLabel = "V", description = "This version; the current one otherwise.")
    private @Nullable Long version;

    @Option(names = "--content", description = "Print the content and nothing else.")
    private boolean contentOnly;

    DocumentShowCommand(Surroundings surroundings) {
        super(surroundings);
    }

    private record Version(
            long version,
            boolean current,
            @Nullable String status,
            int chunks,
            @Nullable String createdAt) {}

    private record Document(
            @Nullable String sourceUri,
            @Nullable String documentId,
            @Nullable Long version,
            @Nullable String contentType,
            @Nullable String title,
            @Nullable String createdAt,
            @Nullable String updatedAt,
            boolean contentExact,
            @Nullable String content,
            List<Version> versions,
            @Nullable String nextCursor) {}

    @Override
    View ask(ApiClient api) {
        var answer = api.get(Query.of("/v1/documents")
                .with("source_uri", sourceUri())
                .with("version", version)
                .with("content", contentOnly || format() != OutputFormat.TEXT)
                .toString());
        var found = Json.read(answer, Document.class);
        return contentOnly
                ? content(answer, found)
                : View.of(answer, lines(found)).withNotes(found.nextCursor() == null ? List.of() : List.of(OLDER));
    }

    private String sourceUri() {
        try {
            var file = Path.of(document);
            return Files.isRegularFile(file)
                    ? file.toAbsolutePath().normalize().toUri().toString()
                    : document;
        } catch (InvalidPathException _) {
            return document;
        }
    }

    private View content(String answer, Document found) {
        if (found.content() == null) {
            return View.of(answer, List.of())
                    .withNotes(List.of("its content is not held any more, or not there yet"))
                    .withExitCode(ExitCode.FAILED);
        }
        if (format() == OutputFormat.TEXT
                && !terminal().unicode()
                && !found.content().chars().allMatch(c -> c < 0x80)) {
            return View.of(answer, List.of())
                    .withNotes(List.of(
                            "it has characters that the charset of this output may not hold: say LC_ALL=C.UTF-8,"
                                    + " or take -o json"))
                    .withExitCode(ExitCode.FAILED);
        }
        if (format() == OutputFormat.TEXT) {
            // Byte for byte, also control characters: it is the sender's text, and asked for by name.
            out().print(found.content());
            out().flush();
        }
        return View.of(answer, List.of())
                .withNotes(
                        found.contentExact()
                                ? List.of()
                                : List.of(
                                        "the text is put together from chunks, and not what was posted byte for byte"));
    }

    private List<String> lines(Document found) {
        var table = new Table(Align.LEFT, Align.LEFT)
                .row("Document", Objects.requireNonNullElse(found.sourceUri(), "-"))
                .row("Id", Objects.requireNonNullElse(found.documentId(), "-"))
                .row("Version", found.version() == null ? "none yet" : Long.toString(found.version()))
                .row("Type", Objects.requireNonNullElse(found.contentType(), "-"))
                .row("Title", Objects.requireNonNullElse(found.title(), "-"))
                .row("Created", Format.time(found.createdAt()))
                .row("Updated", Format.time(found.updatedAt()));
        var lines = new ArrayList<>(table.lines());
        if (!found.versions().isEmpty()) {
            lines.add("");
            lines.addAll(versions(found.versions()));
        }
        return lines;
    }

    private List<String> versions(List<Version> versions) {
        var table = new Table(Align.RIGHT, Align.LEFT, Align.LEFT, Align.RIGHT, Align.LEFT)
                .row("VERSION", "", "JOB", "CHUNKS", "CREATED");
        for (var one : versions) {
            table.row(
                    Long.toString(one.version()),
                    one.current() ? "current" : "",
                    Objects.requireNonNullElse(one.status(), "-"),
                    Format.count(one.chunks()),
                    Format.time(one.createdAt()));
        }
        return table.linesUnderHeader(terminal());
    }
}
