package io.millrace.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a file holds, by the ending of its name. */
enum ContentType {
    PLAIN("text/plain", ".txt"),
    MARKDOWN("text/markdown", ".md", ".markdown"),
    HTML("text/html", ".html", ".htm"),

    /** A document a line, each with a type of its own. */
    NDJSON("application/x-ndjson", ".ndjson", ".jsonl");

    private final String mediaType;
    private final Pattern ending;

    ContentType(String mediaType, String... endings) {
        this.mediaType = mediaType;
        this.ending = Pattern.compile(
                Stream.of(endings).map(Pattern::quote).collect(Collectors.joining("|", "(?i).*(", ")")),
                Pattern.DOTALL);
    }

    String mediaType() {
        return mediaType;
    }

    static Optional<ContentType> of(Path file) {
        var name = file.getFileName().toString();
        return Stream.of(values())
                .filter(type -> type.ending.matcher(name).matches())
                .findFirst();
    }
}
