package io.millrace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
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
                    + " lists the names to read, in order. Other files and links to folders in it are skipped with a note.",
            "",
            "Text has to be UTF-8. Posting a document again is safe: what did not change is recognised by its source_uri. A"
                    + " server that is busy (429, 503) is asked again when it says, and one that went away is waited for. With"
                    + " --resume a run that was broken off goes on where it was: run the same command again."
        },
        exitCodeList = {
            "0:everything is in the graph (with --no-wait: accepted)",
            "1:a document could not be read, was refused or failed",
            "2:wrong usage, a file that does not exist or is no text, or a journal of another ingest; nothing was sent",
            "69:no server answers, or it went away"
        },
        footer = {
            "  millrace ingest report.md notes/",
            "  millrace ingest --base-uri https://example.org/docs/ docs",
            "  crawler | millrace ingest -",
            "  millrace ingest --resume dump.journal --no-wait dump.ndjson"
        })
final class IngestCommand extends ClientCommand {

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

    @Option(
            names = "--resume",
            paramLabel = "FILE",
            description = "Keep a journal in FILE of what was acknowledged, and do not send what it has already.")
    private @Nullable Path resume;

    @Mixin
    private final OutputOption output = new OutputOption();

    IngestCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int run(ApiClient api) {
        try (var journal = journal(api)) {
            return ingest(api, journal, sources());
        } catch (IOException e) {
            complain(FileFault.text(e));
            return ExitCode.USAGE;
        } catch (InvalidPathException e) {
            complain(e.getMessage());
            return ExitCode.USAGE;
        }
    }

    private IngestJournal journal(ApiClient api) throws IOException {
        if (resume == null) {
            return IngestJournal.NONE;
        }
        var journal = IngestJournalFile.open(resume, api.server().toString(), api.workspace(), !noWait);
        try {
            refuseIfForgotten(api, journal.latestJobs());
            return journal;
        } catch (IOException | RuntimeException e) {
            journal.close();
            throw e;
        }
    }

    /** Another database may answer at the same address by now, and has nothing of what the journal lets us pass over. */
    private void refuseIfForgotten(ApiClient api, List<UUID> jobs) throws IOException {
        if (jobs.isEmpty()) {
            return;
        }
        var answer = retries().call(() -> api.get(JobList.path(jobs)));
        var missing = Json.read(answer, JobList.class).missing();
        if (!missing.isEmpty()) {
            throw new IngestJournalFile.Refused(
                    "the server does not know job %s, which %s says it acknowledged: to send everything again, take another file"
                            .formatted(missing.getFirst(), resume));
        }
    }

    private List<Source> sources() throws IOException {
        if (arguments.stream().filter("-"::equals).count() > 1) {
            throw usage("standard input can be read once only");
        }
        var tree = new SourceTree(baseUri, skipped -> complain("skipped " + Printable.text(skipped)));
        var sources = new ArrayList<Source>();
        for (var argument : arguments) {
            sources.addAll(tree.expand(argument));
        }
        if (resume != null) {
            var journal = resume.toRealPath();
            sources.removeIf(source -> isFile(source, journal));
        }
        refuseSameUri(sources);
        return sources;
    }

    /** Of two files with one source_uri, the one that is sent later would replace the other without a word. */
    private static void refuseSameUri(List<Source> sources) throws IOException {
        var files = new HashMap<String, Path>();
        for (var source : sources) {
            if (source instanceof Source.DocumentFile file) {
                var other = files.put(file.sourceUri(), file.path());
                if (other != null && !other.equals(file.path())) {
                    throw new IOException("%s and %s would both be %s: bring one of them with another --base-uri"
                            .formatted(other, file.path(), file.sourceUri()));
                }
            }
        }
    }

    /** Also under another name, and whatever its ending makes of it. */
    private static boolean isFile(Source source, Path file) {
        var path = switch (source) {
            case Source.DocumentFile document -> document.path();
            case Source.LinesFile lines -> lines.path();
            case Source.StandardInput _ -> null;
        };
        try {
            return path != null && Files.isSameFile(path, file);
        } catch (IOException _) {
            return false;
        }
    }

    private int ingest(ApiClient api, IngestJournal journal, List<Source> sources) {
        var jobs = new ArrayList<UUID>();
        var progress = progress(sources, jobs);
        var around = surroundings();
        var ingestion = new Ingestion(api, !noWait, around.clock(), around.sleeper(), progress, journal);
        try {
            var entries = new IngestEntries(sources, around.in());
            var tally = ingestion.run(entries, entries::wouldWait);
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
                err(),
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

    private record Accepted(UUID jobId, String document) {}

    /** Without waiting, the ids are the result. They are printed at once where that can be, since there may be millions. */
    private void handOut(String label, UUID job, List<UUID> jobs) {
        if (noWait) {
            switch (output.format()) {
                case TEXT -> print(job + "  " + label);
                case JSON -> jobs.add(job);
                case JSONL -> printJson(new Accepted(job, label));
            }
        }
    }

    private void report(Tally tally, List<UUID> jobs) {
        switch (output.format()) {
            case TEXT -> {
                if (noWait) {
                    tell(tally.acceptedText());
                } else {
                    print(tally.waitedText());
                }
            }
            case JSON -> printJson(IngestReport.of(tally, noWait ? jobs : null));
            case JSONL -> {
                if (noWait) {
                    tell(tally.acceptedText());
                } else {
                    printJson(IngestReport.of(tally, null));
                }
            }
        }
    }

    private void printJson(Object value) {
        new ViewPrinter(out(), err(), output.format(), surroundings().stdout())
                .show(View.of(Json.write(value), List.of()));
    }

    private void tell(String line) {
        err().println(line);
        err().flush();
    }
}
