package io.millrace.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace graph export}: the whole graph of a workspace, as it stood at one moment. */
@Command(
        name = "export",
        description = {
            "Write the whole graph of the workspace, as it stood at one moment: every entity, then every relationship.",
            "",
            "ndjson has an object a line, with kind entity or relationship, and a last line of kind end with the counts: without"
                    + " that line an export is not whole. graphml is what Gephi, Cytoscape, yEd, networkx and others read. Graphs"
                    + " of any size take little memory. A file appears under its name only when it is whole; a device or pipe is written to as it"
                    + " comes."
        },
        exitCodeList = {
            "0:written, all of it",
            "1:the server refused, or the file could not be written",
            "2:wrong usage",
            "69:no server answers, or it went away: what was printed is not whole"
        },
        footer = {
            "  millrace graph export --format graphml --output graph.graphml",
            "  millrace graph export | jq -r 'select(.kind == \"entity\") | .name'"
        })
final class GraphExportCommand extends ClientCommand {

    /** What an export is written as. */
    enum ExportFormat {
        NDJSON,
        GRAPHML;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final int LINES_A_LOOK = 1_000;

    /** As many as Linux follows. */
    private static final int LINKS_MAX = 40;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "ndjson",
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private ExportFormat format = ExportFormat.NDJSON;

    @Option(names = "--output", paramLabel = "FILE", description = "Where to write (default: standard output).")
    private @Nullable Path file;

    private long lines;

    GraphExportCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int run(ApiClient api) {
        try {
            var written = file == null ? toOutput(api) : toFile(api, file);
            err().println(written.summary());
            err().flush();
            return ExitCode.OK;
        } catch (IOException e) {
            complain("cannot be written: " + FileFault.text(e));
            return ExitCode.FAILED;
        } catch (UncheckedIOException e) {
            complain("cannot be written: " + FileFault.text(Objects.requireNonNull(e.getCause())));
            return ExitCode.FAILED;
        }
    }

    private GraphSink toOutput(ApiClient api) throws IOException {
        var sink = sink(out(), !surroundings().stdout().unicode());
        write(api, sink);
        out().flush();
        return sink;
    }

    /** A move puts the file in place of whatever has its name, so only what is a file, or nothing yet, is moved to. */
    private GraphSink toFile(ApiClient api, Path named) throws IOException {
        var target = behindLinks(named);
        if (Files.isDirectory(target)) {
            throw new IOException(named + " is a folder");
        }
        return Files.exists(target) && !Files.isRegularFile(target)
                ? into(api, target, StandardOpenOption.WRITE)
                : inPlaceOf(api, target);
    }

    private static Path behindLinks(Path named) throws IOException {
        var target = named;
        for (var links = 0; Files.isSymbolicLink(target); links++) {
            if (links == LINKS_MAX) {
                throw new IOException(named + " is a link that leads nowhere");
            }
            target = target.resolveSibling(Files.readSymbolicLink(target));
        }
        return target;
    }

    /** Under another name first, so that half an export never stands where somebody looks for a whole one. */
    private GraphSink inPlaceOf(ApiClient api, Path target) throws IOException {
        var part = target.resolveSibling("%s.%s.part".formatted(target.getFileName(), UUID.randomUUID()));
        try {
            var sink = into(api, part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
            return sink;
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private GraphSink into(ApiClient api, Path path, OpenOption... options) throws IOException {
        try (BufferedWriter writer = Files.newBufferedWriter(path, StandardCharsets.UTF_8, options)) {
            var sink = sink(writer, false);
            write(api, sink);
            return sink;
        }
    }

    /** @param asciiOnly escapes what the writer's charset may not hold */
    private GraphSink sink(Writer writer, boolean asciiOnly) {
        return switch (format) {
            case NDJSON -> new NdjsonGraph(writer, asciiOnly);
            case GRAPHML -> new GraphMl(writer, asciiOnly);
        };
    }

    private void write(ApiClient api, GraphSink sink) throws IOException {
        sink.begin();
        api.getLines("/v1/graph/export", line -> {
            try {
                sink.line(line);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            // Each look empties the buffer.
            if (file == null && ++lines % LINES_A_LOOK == 0 && out().checkError()) {
                throw new UncheckedIOException(new IOException("standard output takes nothing more"));
            }
            return true;
        });
        if (!sink.whole()) {
            throw ApiException.unexpected(200, "the export ended early and is not whole");
        }
        sink.end();
    }
}
