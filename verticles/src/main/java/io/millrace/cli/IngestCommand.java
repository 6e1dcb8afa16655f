package io.millrace.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code millrace ingest}: brings files to a server and waits until they are in the graph. */
@Command(
        name = "ingest",
        description = {
            "Bring documents to a server, and wait until they are in the graph.",
            "",
            "A file ending in .txt, .md, .markdown, .html or .htm is one document; one ending in .ndjson or .jsonl, and"
                    + " standard input, hold a document a line: {\"source_uri\": …, \"content\": …}. A folder is read with"
                    + " all folders inside it, by name, without README.md and hidden files; if it has an index.txt, that"
                    + " lists the names to read, in order. Other files are skipped with a note.",
            "",
            "Text has to be UTF-8. Posting a document again is safe: what did not change is recognised by its source_uri."
        },
        exitCodeList = {
            "0:everything is in the graph (with --no-wait: accepted)",
            "1:a document could not be read, was refused or failed",
            "2:wrong usage, or a file that does not exist; nothing was sent",
            "69:no server answers, or it went away"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace ingest report.md notes/",
            "  millrace ingest --base-uri https://example.org/docs/ docs",
            "  crawler | millrace ingest -"
        })
public final class IngestCommand extends ClientCommand {

    @Parameters(arity = "1..*", paramLabel = "FILE|DIR|-", description = "What to read; - is standard input.")
    private List<String> arguments = List.of();

    @Option(
            names = "--base-uri",
            paramLabel = "PREFIX",
            description = "Make source_uri of PREFIX and the path inside DIR, joined as they are (default: file:///…).")
    private @Nullable String baseUri;

    @Option(
            names = "--no-wait",
            description = "End when everything is accepted, and print the ids of the jobs instead of waiting for them.")
    private boolean noWait;

    public IngestCommand() {
        this(Surroundings.system());
    }

    IngestCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int run(ApiClient api) {
        List<Source> sources;
        try {
            sources = sources();
        } catch (NoSuchFileException e) {
            complain(e.getFile() + " does not exist");
            return ExitCode.USAGE;
        } catch (IOException | InvalidPathException e) {
            complain(e.getMessage());
            return ExitCode.USAGE;
        }
        return ingest(api, sources);
    }

    private List<Source> sources() throws IOException {
        if (arguments.stream().filter("-"::equals).count() > 1) {
            throw new ParameterException(spec().commandLine(), "standard input can be read once only");
        }
        var tree = new SourceTree(baseUri, skipped -> complain("skipped " + Printable.text(skipped)));
        var sources = new ArrayList<Source>();
        for (var argument : arguments) {
            sources.addAll(tree.expand(argument));
        }
        return sources;
    }

    private int ingest(ApiClient api, List<Source> sources) {
        var jobs = new ArrayList<UUID>();
        var progress = progress(sources, jobs);
        var around = surroundings();
        var ingestion = new Ingestion(api, !noWait, around.clock(), around.sleeper(), progress);
        try {
            var tally = ingestion.run(new IngestEntries(sources, around.in()));
            progress.end();
            report(tally, jobs);
            return tally.failed() == 0 ? ExitCode.OK : ExitCode.FAILED;
        } catch (ClientException e) {
            progress.end();
            report(ingestion.tally(), jobs);
            complain("stopped early: the rest was not sent or is not known to be done; running the same again is safe");
            throw e;
        }
    }

    private IngestProgress progress(List<Source> sources, List<UUID> jobs) {
        return new IngestProgress(
                spec().commandLine().getErr(),
                surroundings().stderr(),
                surroundings().clock(),
                total(sources),
                !noWait,
                (label, job) -> handOut(label, job, jobs));
    }

    /** Known only when there is a document a file. */
    private static OptionalLong total(List<Source> sources) {
        return sources.stream().allMatch(Source.DocumentFile.class::isInstance)
                ? OptionalLong.of(sources.size())
                : OptionalLong.empty();
    }

    /** Without waiting, the ids are the result. As text they are printed at once, since there may be millions. */
    private void handOut(String label, UUID job, List<UUID> jobs) {
        if (noWait && json()) {
            jobs.add(job);
        } else if (noWait) {
            print(List.of(job + "  " + label));
        }
    }

    private void report(Tally tally, List<UUID> jobs) {
        if (json()) {
            printJson(IngestReport.of(tally, noWait ? jobs : null).toJson());
        } else if (noWait) {
            PrintWriter err = spec().commandLine().getErr();
            err.println(tally.acceptedText());
            err.flush();
        } else {
            print(List.of(tally.waitedText()));
        }
    }
}
