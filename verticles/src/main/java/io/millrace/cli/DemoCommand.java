package io.millrace.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code millrace demo}: a pod with the sample documents in it. */
@Command(
        name = "demo",
        description = {
            "Serve, bring in the sample documents, and show what came of them; then serve on until Ctrl-C.",
            "A second start finds its data again, and the documents unchanged."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  millrace demo", "  millrace demo --port 9000 --data-dir /tmp/millrace"})
final class DemoCommand implements Callable<Integer> {

    private static final String SAMPLE = "/conf/sample/";

    @Mixin
    final HelpOption help = new HelpOption();

    @Mixin
    private final ServeOptions options = new ServeOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private final Surroundings surroundings;

    DemoCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws InterruptedException {
        return ServeCommand.run(options, List.of(), this::show);
    }

    private void show(String address) {
        var err = spec.commandLine().getErr();
        var out = spec.commandLine().getOut();
        var documents = documents();
        var progress = new IngestProgress(
                err,
                surroundings.stderr(),
                surroundings.clock(),
                OptionalLong.of(documents.size()),
                true,
                (label, job) -> {});
        try (var api = new ApiClient(URI.create(address), "default", InstantSource.system())) {
            var tally = new Ingestion(
                            api, true, surroundings.clock(), surroundings.sleeper(), progress, IngestJournal.NONE)
                    .run(documents.iterator());
            progress.end();
            out.println(tally.waitedText());
            out.println();
            GraphStatsText.lines(Json.read(api.get("/v1/graph/stats"), GraphStats.class), surroundings.stdout())
                    .forEach(out::println);
            out.println();
            whatNext(address, options.databaseArguments()).forEach(out::println);
            out.flush();
        }
    }

    static List<String> whatNext(String address, String databaseArguments) {
        var url = address.endsWith(":8080") ? "" : " --url " + address;
        return List.of(
                "What to try next, in another terminal:",
                "  ./millrace graph search \"ada lovelace\"" + url,
                "  ./millrace graph stats" + url,
                "  ./millrace graph verify" + databaseArguments,
                "  curl -s '" + address + "/v1/graph/entities?q=turing'",
                "  curl -s " + address + "/v1/documents -H 'content-type: application/json' \\",
                "    -d '{\"source_uri\": \"urn:note:1\", \"content\": \"Grace Hopper worked at Harvard University.\"}'",
                "Ctrl-C stops it; the data stays.");
    }

    private static List<IngestEntry> documents() {
        var documents = new ArrayList<IngestEntry>();
        for (var name : read("index.txt").split("\n", -1)) {
            if (!name.isBlank()) {
                documents.add(IngestEntry.Line.of(
                        IngestEntry.Place.whole(name), "sample:" + name, read(name), contentType(name)));
            }
        }
        return documents;
    }

    private static String contentType(String name) {
        var ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return switch (ending) {
            case "md" -> "text/markdown";
            case "html" -> "text/html";
            default -> "text/plain";
        };
    }

    private static String read(String name) {
        try (var stream = DemoCommand.class.getResourceAsStream(SAMPLE + name)) {
            if (stream == null) {
                throw new IllegalStateException(SAMPLE + name + " is packaged with the service");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
