package io.millrace.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IngestCommandTest {

    private final FakeMillrace server = new FakeMillrace();
    private final FakeTime time = new FakeTime();

    @TempDir
    private Path folder;

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void filesArriveAsDocumentsWithTheirUriTypeAndText() throws IOException {
        write("a.txt", "Zürich\n");
        write("b.md", "# B");
        write("c.htm", "<p>C");

        var run = ingest("--workspace", "mills", path("a.txt"), path("b.md"), path("c.htm"));

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(server.sourceUris())
                .containsExactly(uri("a.txt"), uri("b.md"), uri("c.htm"))
                .allSatisfy(uri -> assertThat(uri).startsWith("file:///"));
        assertThat(texts("content_type")).containsExactly("text/plain", "text/markdown", "text/html");
        assertThat(texts("content")).containsExactly("Zürich\n", "# B", "<p>C");
        assertThat(server.workspaces()).containsOnly("mills");
        assertThat(server.contentTypes()).containsExactly("application/x-ndjson");
    }

    @Test
    void theSummaryCountsWhatCameOfTheDocuments() throws IOException {
        write("a.txt", "A");
        write("b.txt", "B");

        var run = ingest(folder.toString());

        assertThat(run.out()).isEqualTo("2 documents, 4 chunks, 2 completed, 0 failed in 0.0 s (2,000 documents/s)\n");
    }

    @Test
    void theSummaryIsAlsoThereForPrograms() throws IOException {
        write("a.txt", "A");
        server.intervene(FakeMillrace.problem(503, "unavailable", "Try later.", "2"));

        var run = ingest("-o", "json", path("a.txt"));

        var summary = Json.MAPPER.readTree(run.out());
        assertThat(summary.path("documents").asInt()).isEqualTo(1);
        assertThat(summary.path("completed").asInt()).isEqualTo(1);
        assertThat(summary.path("failed").asInt()).isZero();
        assertThat(summary.path("chunks").asInt()).isEqualTo(2);
        assertThat(summary.path("seconds").asDouble()).isEqualTo(2.0);
        assertThat(summary.path("documents_per_second").asDouble()).isEqualTo(0.5);
    }

    @Test
    void aFolderIsReadByNameWithoutReadmeHiddenAndOtherFiles() throws IOException {
        write("README.md", "not me");
        write(".hidden.txt", "nor me");
        write("picture.png", "nor me");
        write("z.txt", "Z");
        write("inner/m.txt", "M");
        write("a.txt", "A");

        var run = ingest(folder.toString());

        assertThat(texts("content")).containsExactly("A", "M", "Z");
        assertThat(run.err()).contains("skipped").contains("picture.png").doesNotContain("README");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void anIndexNamesTheFilesOfAFolderInItsOrder() throws IOException {
        write("index.txt", "# order matters\nz.txt\n\na.txt\n");
        write("a.txt", "A");
        write("m.txt", "M");
        write("z.txt", "Z");

        ingest(folder.toString());

        assertThat(texts("content")).containsExactly("Z", "A");
    }

    @Test
    void anIndexThatNamesWhatIsNotThereStopsEverything() throws IOException {
        write("index.txt", "a.txt\ngone.txt\n");
        write("a.txt", "A");

        var run = ingest(folder.toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("lists gone.txt, which does not exist");
        assertThat(server.paths()).isEmpty();
    }

    @Test
    void anIndexThatIsNotUtf8IsNamed() throws IOException {
        write("index.txt", "Zürich.txt\n", ISO_8859_1);

        var run = ingest(folder.toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).isEqualTo("millrace: " + path("index.txt") + " is not UTF-8\n");
    }

    /** Not by a folder without rights, since tests may run as root. */
    @Test
    void whatIsWrongWithAFileIsToldBesideItsName() {
        assertThat(FileFault.text(new AccessDeniedException("/a"))).isEqualTo("/a may not be opened by this user");
        assertThat(FileFault.text(new NoSuchFileException("/a"))).isEqualTo("/a does not exist");
        assertThat(FileFault.text(new FileSystemLoopException("/a")))
                .isEqualTo("/a cannot be read or written (FileSystemLoopException)");
        assertThat(FileFault.text(new FileSystemException("/a", null, "Is a directory")))
                .isEqualTo("/a: Is a directory");
    }

    @Test
    void anIndexCannotLeadOutOfItsFolder() throws IOException {
        write("inner/index.txt", "../secret.txt\n");
        write("secret.txt", "S");

        var run = ingest(path("inner"));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("outside of its folder");
        assertThat(server.paths()).isEmpty();
    }

    @Test
    void aBaseUriStandsBeforeThePathInsideTheFolder() throws IOException {
        write("inner/a b.txt", "A");

        ingest("--base-uri", "https://example.org/docs/", folder.toString(), path("inner/a b.txt"));

        assertThat(server.sourceUris())
                .containsExactly("https://example.org/docs/inner/a%20b.txt", "https://example.org/docs/a%20b.txt");
    }

    @Test
    void twoFilesWithOneUriAreRefusedBeforeAnythingIsSent() throws IOException {
        write("a/x.txt", "A");
        write("b/x.txt", "B");

        var run = ingest("--base-uri", "https://example.org/", path("a"), path("b"));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains(path("a/x.txt"), path("b/x.txt"), "would both be https://example.org/x.txt");
        assertThat(server.paths()).isEmpty();
    }

    @Test
    void oneFileMayBeNamedTwice() throws IOException {
        write("a/x.txt", "A");

        assertThat(ingest("--base-uri", "https://example.org/", path("a"), path("a/x.txt"))
                        .exitCode())
                .isZero();
    }

    @Test
    void aLinkedFolderIsSkippedWithANote() throws IOException {
        write("a/x.txt", "A");
        write("b/y.txt", "B");
        Files.createSymbolicLink(folder.resolve("a/linked"), folder.resolve("b"));

        var run = ingest(path("a"));

        assertThat(run.exitCode()).isZero();
        assertThat(texts("content")).containsExactly("A");
        assertThat(run.err()).contains("skipped " + path("a/linked") + " (it is a link to a folder)");
    }

    @Test
    void aFileThatIsAskedForByNameIsNotSkipped() throws IOException {
        write("a.txt", "A");
        write("picture.png", "P");

        var run = ingest(path("a.txt"), path("picture.png"));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("picture.png cannot be brought: its ending is none of a text's");
        assertThat(server.paths()).isEmpty();
    }

    @Test
    void linesFromStandardInputPassAsTheyAre() {
        var run = ingestLines("""
                {"source_uri":"u:1","content":"one","metadata":{"n":1.10}}

                {"source_uri":"u:2","content":""}
                {"source_uri":"u:3","content":"three"}""");

        assertThat(server.sourceUris()).containsExactly("u:1", "u:2", "u:3");
        assertThat(server.documents().getFirst().path("metadata").isObject()).isTrue();
        assertThat(run.err())
                .contains("stdin:3: The document breaks a rule. (422 invalid_document); /content: must not be empty");
        assertThat(run.out()).startsWith("3 documents, 4 chunks, 2 completed, 1 failed");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    /** What comes behind a document, and is none yet, shall not hold it back. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\n \n", "{\"source_uri\":"})
    void aDocumentOfASlowWriterDoesNotWaitForTheNext(String behind) throws Exception {
        var in = new PipedInputStream(1 << 16);
        CompletableFuture<CommandRun> run;
        try (var crawler = new PipedOutputStream(in)) {
            crawler.write((lines(2, "x") + behind).getBytes(UTF_8));
            crawler.flush();
            run = CompletableFuture.supplyAsync(() -> CommandRun.of(
                    new Surroundings(in, Terminal.NONE, Terminal.NONE, time, time, Map.of()),
                    "ingest",
                    "--url",
                    server.uri().toString(),
                    "-"));

            await().ignoreExceptions()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> server.jobs().size() == 2);
            crawler.write((behind.startsWith("{") ? "\"u:3\",\"content\":\"x\"}\n" : "").getBytes(UTF_8));
        }

        assertThat(run.get(20, TimeUnit.SECONDS).exitCode()).isZero();
        assertThat(server.sourceUris()).startsWith("u:0", "u:1");
    }

    @Test
    void aFileOfLinesIsManyDocuments() throws IOException {
        write(
                "many.ndjson",
                "\uFEFF{\"source_uri\":\"u:1\",\"content\":\"x\"}\r\n{\"source_uri\":\"u:2\",\"content\":\"x\"}\n");

        var run = ingest(path("many.ndjson"));

        assertThat(run.exitCode()).isZero();
        assertThat(server.sourceUris()).containsExactly("u:1", "u:2");
    }

    @Test
    void aFileThatIsNotUtf8IsRefusedAndTheOthersGoOn() throws IOException {
        write("a.txt", "ASCII\nZürich", ISO_8859_1);
        write("b.txt", "B");

        var run = ingest(folder.toString());

        assertThat(run.err()).contains("a.txt: not UTF-8: byte 0xFC at offset 7, line 2");
        assertThat(texts("content")).containsExactly("B");
        assertThat(run.out()).startsWith("2 documents, 2 chunks, 1 completed, 1 failed");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void aTextThatEndsWithinACharacterIsNotUtf8() throws IOException {
        Files.write(folder.resolve("a.txt"), new byte[] {'a', (byte) 0xc3});

        assertThat(ingest(path("a.txt")).err()).contains("byte 0xC3 at offset 1, line 1");
    }

    @Test
    void aByteOrderMarkIsNoPartOfTheText() throws IOException {
        write("a.txt", "\uFEFFA");

        ingest(path("a.txt"));

        assertThat(texts("content")).containsExactly("A");
    }

    @Test
    void aFailedJobIsTold() throws IOException {
        write("a.txt", "poison");
        write("b.txt", "B");

        var run = ingest(folder.toString());

        assertThat(run.err()).contains("a.txt: extractor gave up");
        assertThat(run.out()).contains("1 completed, 1 failed");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void aJobThatTheServerNoLongerKnowsHasFailed() throws IOException {
        write("a.txt", "vanish");

        var run = ingest(path("a.txt"));

        assertThat(run.err()).contains("a.txt: the server no longer knows job");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void aBusyServerIsAskedAgainWhenItSays() throws IOException {
        write("a.txt", "A");
        server.intervene(FakeMillrace.problem(503, "unavailable", "Try later.", "7"));
        server.intervene(FakeMillrace.problem(429, "overloaded", "Too much.", "3"));

        var run = ingest(path("a.txt"));

        assertThat(run.exitCode()).isZero();
        assertThat(time.sleeps()).startsWith(Duration.ofSeconds(7), Duration.ofSeconds(3));
        assertThat(run.err()).contains("Try later. (503 unavailable); trying again in 7.0 s");
    }

    @Test
    void aDateToComeBackIsHonouredToo() throws IOException {
        write("a.txt", "A");
        server.intervene(FakeMillrace.problem(503, "unavailable", "Later.", "Sat, 21 Nov 2026 12:00:09 GMT"));

        ingest(path("a.txt"));

        assertThat(time.sleeps()).startsWith(Duration.ofSeconds(9));
    }

    @Test
    void aServerThatStaysBusyEndsTheRun() throws IOException {
        write("a.txt", "A");
        for (var i = 0; i < 100; i++) {
            server.intervene(FakeMillrace.problem(503, "unavailable", "Try later.", null));
        }

        var run = ingest(path("a.txt"));

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(server.paths()).hasSize(RetryPolicy.DEFAULT.attemptsMax());
        assertThat(run.out()).startsWith("1 document, 0 chunks, 0 completed");
        assertThat(run.err()).contains("stopped early").contains("millrace: Try later. (503 unavailable)");
    }

    @Test
    void whatCannotPassIsNotTriedAgain() throws IOException {
        write("a.txt", "A");
        server.intervene(FakeMillrace.problem(415, "unsupported_media_type", "No.", null));

        var run = ingest(path("a.txt"));

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(server.paths()).hasSize(1);
        assertThat(time.sleeps()).isEmpty();
    }

    @Test
    void onlyWhatWasNotAnsweredIsSentAgainAfterABrokenConnection() throws IOException {
        write("a.txt", "A");
        write("b.txt", "B");
        write("c.txt", "C");
        server.intervene(exchange -> {
            var answer = server.accept(exchange);
            exchange.sendResponseHeaders(200, answer.length());
            exchange.getResponseBody()
                    .write(answer.lines()
                            .limit(2)
                            .map(line -> line + "\n")
                            .collect(Collectors.joining())
                            .getBytes(UTF_8));
            exchange.getResponseBody().flush();
            exchange.close();
        });

        var run = ingest(folder.toString());

        assertThat(contentsByRequest()).containsExactly(List.of("A", "B", "C"), List.of("C"));
        assertThat(run.out()).startsWith("3 documents, 6 chunks, 3 completed, 0 failed");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void aRequestThatBreaksWithoutAnAnswerIsHalved() {
        server.intervene(FakeMillrace.problem(503, "unavailable", "Starting.", null));
        server.intervene(exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.close();
        });

        var run = ingestLines(lines(5, "x"));

        assertThat(server.requests()).extracting(List::size).containsExactly(3, 2);
        assertThat(run.out()).startsWith("5 documents, 10 chunks, 5 completed, 0 failed");
    }

    @Test
    void aLineRefusedForTheMomentIsSentAgainAlone() throws IOException {
        write("a.txt", "A");
        write("b.txt", "B");
        write("c.txt", "C");
        server.refuseLines(Map.of(2, 503));

        var run = ingest(folder.toString());

        assertThat(contentsByRequest()).containsExactly(List.of("A", "B", "C"), List.of("B"));
        assertThat(run.out()).startsWith("3 documents, 6 chunks, 3 completed, 0 failed");
    }

    @Test
    void anOlderTextNeverArrivesAfterANewerOneOfTheSameDocument() {
        server.refuseLines(Map.of(1, 503));

        var run = ingestLines("""
                {"source_uri":"u:1","content":"old"}
                {"source_uri":"u:2","content":"other"}
                {"metadata":{"source_uri":"u:9"},"content":"new","source_uri":"u:1"}
                """);

        assertThat(contentsByRequest()).containsExactly(List.of("old", "other", "new"), List.of("old", "new"));
        assertThat(run.out()).startsWith("3 documents, 6 chunks, 3 completed, 0 failed");
    }

    @Test
    void requestsAreBoundedInDocuments() {
        var run = ingestLines(lines(1_001, "x"));

        assertThat(server.requests()).extracting(List::size).containsExactly(500, 500, 1);
        assertThat(run.out()).startsWith("1,001 documents, 2,002 chunks, 1,001 completed, 0 failed");
    }

    @Test
    void requestsAreBoundedInBytes() {
        ingestLines(lines(5, "x".repeat(3 << 20)));

        assertThat(server.requests()).extracting(List::size).containsExactly(2, 2, 1);
    }

    @Test
    void jobsAreAskedForAHundredAtATime() {
        ingestLines(lines(250, "x"));

        var asked = server.paths().stream()
                .filter(path -> path.startsWith("/v1/jobs?ids="))
                .toList();
        assertThat(asked)
                .allSatisfy(path -> assertThat(path.split(",", -1).length).isLessThanOrEqualTo(100));
        assertThat(asked).hasSize(6);
    }

    @Test
    void pollingSlowsDownWhileNothingEnds() throws IOException {
        write("a.txt", "A");
        server.intervene(exchange -> FakeMillrace.send(exchange, 200, "application/x-ndjson", server.accept(exchange)));
        for (var i = 0; i < 7; i++) {
            server.intervene(
                    exchange -> FakeMillrace.send(exchange, 200, "application/json", "{\"jobs\":[],\"missing\":[]}"));
        }

        ingest(path("a.txt"));

        assertThat(time.sleeps())
                .extracting(Duration::toMillis)
                .containsExactly(50L, 100L, 200L, 400L, 500L, 500L, 500L);
    }

    @Test
    void withoutWaitingTheIdsAreTheResult() throws IOException {
        write("a.txt", "A");
        write("b.txt", "B");

        var run = ingest("--no-wait", folder.toString());

        assertThat(run.out().lines())
                .containsExactly(
                        server.jobs().getFirst() + "  " + path("a.txt"),
                        server.jobs().getLast() + "  " + path("b.txt"));
        assertThat(run.err()).startsWith("2 documents, 2 accepted, 0 failed in 0.0 s");
        assertThat(server.paths()).containsExactly("/v1/documents");
    }

    @Test
    void withoutWaitingProgramsGetTheIdsToo() throws IOException {
        write("a.txt", "A");

        var summary = Json.MAPPER.readTree(
                ingest("--no-wait", "-o", "json", path("a.txt")).out());

        assertThat(summary.path("jobs").get(0).asText())
                .isEqualTo(server.jobs().getFirst().toString());
        assertThat(summary.has("completed")).isFalse();
    }

    @Test
    void aServerThatIsNotThereIsToldAtOnce() throws IOException {
        write("a.txt", "A");
        var address = server.uri();
        server.close();

        var run = ingest(path("a.txt"));

        assertThat(run.exitCode()).isEqualTo(69);
        assertThat(run.err()).contains("no millrace answers at " + address + "; start one with ./millrace serve");
        assertThat(time.sleeps()).isEmpty();
    }

    @Test
    void aServerThatWentAwayIsWaitedFor() throws IOException {
        write("a.txt", "A");
        server.intervene(exchange -> {
            FakeMillrace.send(exchange, 200, "application/x-ndjson", server.accept(exchange));
            server.close();
        });

        var run = ingest(path("a.txt"));

        assertThat(run.exitCode()).isEqualTo(69);
        assertThat(run.err()).contains("no longer answers");
        assertThat(time.sleeps()).hasSize(RetryPolicy.DEFAULT.attemptsMax() - 1);
        assertThat(run.out()).startsWith("1 document, 0 chunks, 0 completed, 0 failed");
    }

    @Test
    void aFileThatIsNotThereIsWrongUsage() throws IOException {
        write("a.txt", "A");

        var run = ingest(path("a.txt"), path("gone.txt"));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("gone.txt does not exist");
        assertThat(server.paths()).isEmpty();
    }

    @Test
    void nothingToReadIsWrongUsage() {
        assertThat(ingest().exitCode()).isEqualTo(2);
        assertThat(ingest("-", "-").exitCode()).isEqualTo(2);
        assertThat(ingest("--url", "ftp://x", "-").exitCode()).isEqualTo(2);
        assertThat(ingest("--workspace", "a\nb", "-").exitCode()).isEqualTo(2);
    }

    @Test
    void helpTellsTheExitCodes() {
        assertThat(ingest("--help").out())
                .contains("Exit codes:")
                .contains("69", "no server answers")
                .contains("MILLRACE_URL");
    }

    @Test
    void ofManyFailuresOnlyTheFirstAreShown() {
        var run = ingestLines(lines(30, ""));

        assertThat(run.err().lines()).hasSize(21).last().asString().contains("… and 10 more failed");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    private static String lines(int count, String content) {
        return IntStream.range(0, count)
                .mapToObj(i -> "{\"source_uri\":\"u:%d\",\"content\":\"%s\"}\n".formatted(i, content))
                .collect(Collectors.joining());
    }

    private CommandRun ingestLines(String lines) {
        return run(lines, "-");
    }

    private CommandRun ingest(String... arguments) {
        return run("", arguments);
    }

    private CommandRun run(String in, String... arguments) {
        var all = new ArrayList<>(List.of("ingest"));
        if (!List.of(arguments).contains("--url")) {
            all.addAll(List.of("--url", server.uri().toString()));
        }
        all.addAll(List.of(arguments));
        return CommandRun.of(CommandRun.surroundings(time, in), all.toArray(String[]::new));
    }

    private List<String> texts(String field) {
        return server.documents().stream()
                .map(document -> document.path(field).asText())
                .toList();
    }

    private List<List<String>> contentsByRequest() {
        return server.requests().stream()
                .map(documents -> documents.stream()
                        .map((JsonNode document) -> document.path("content").asText())
                        .toList())
                .toList();
    }

    private void write(String name, String text) throws IOException {
        write(name, text, UTF_8);
    }

    private void write(String name, String text, Charset charset) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text, charset);
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private String uri(String name) {
        return folder.resolve(name).toUri().toString();
    }
}
