package io.millrace.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
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
                    + " of any size take little memory. A file appears under its name only when it is whole."
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
        } catch (IOException | UncheckedIOException e) {
            complain("cannot be written: " + e.getMessage());
            return ExitCode.FAILED;
        }
    }

    private GraphSink toOutput(ApiClient api) throws IOException {
        var sink = sink(out(), !surroundings().stdout().unicode());
        write(api, sink);
        out().flush();
        return sink;
    }

    /** Under another name first, so that half an export never stands where somebody looks for a whole one. */
    private GraphSink toFile(ApiClient api, Path target) throws IOException {
        var part = target.resolveSibling(target.getFileName() + ".part");
        try {
            GraphSink sink;
            try (BufferedWriter writer = Files.newBufferedWriter(part, StandardCharsets.UTF_8)) {
                sink = sink(writer, false);
                write(api, sink);
            }
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
            return sink;
        } finally {
            Files.deleteIfExists(part);
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
