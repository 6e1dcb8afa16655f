package io.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace ingest --resume}: what was acknowledged is not sent again, and what was not, is. */
class IngestResumeTest {

    private final FakeMillrace server = new FakeMillrace();
    private final FakeTime time = new FakeTime();

    @TempDir
    private Path folder;

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aSecondRunSendsNothing() throws IOException {
        write("docs/a.txt", "A");
        write("docs/b.txt", "B");

        assertThat(ingest("docs").out()).startsWith("2 documents, 4 chunks, 2 completed, 0 failed");
        var again = ingest("docs");

        assertThat(server.requests()).hasSize(1);
        assertThat(again.out()).startsWith("2 documents (2 sent before), 0 chunks, 2 completed, 0 failed");
        assertThat(again.exitCode()).isZero();
    }

    @Test
    void whatChangedOrIsNewIsSent() throws IOException {
        write("docs/a.txt", "A");
        write("docs/b.txt", "B");
        ingest("docs");
        write("docs/b.txt", "B2");
        write("docs/c.txt", "C");

        var run = ingest("docs");

        assertThat(contents(1)).containsExactly("B2", "C");
        assertThat(run.out()).startsWith("3 documents (1 sent before), 4 chunks, 3 completed");
    }

    @Test
    void aTextThatIsWhatItOnceWasIsSentAgain() throws IOException {
        for (var text : List.of("A", "B", "A")) {
            write("docs/a.txt", text);
            ingest("docs");
        }

        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void theSameTextOnTwoLinesIsTwoDocuments() throws IOException {
        write("lines.ndjson", line("u:1", "old") + line("u:1", "new") + line("u:1", "old"));
        server.intervene(exchange -> {
            var answer = server.accept(exchange).getBytes(UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer, 0, answer.length / 3);
            exchange.getResponseBody().flush();
            exchange.close();
        });
        failNextRequests();

        assertThat(ingest("lines.ndjson").exitCode()).isEqualTo(1);
        var again = ingest("lines.ndjson");

        assertThat(again.exitCode()).as(again.err()).isZero();
        assertThat(server.requests().getLast())
                .extracting(document -> document.path("content").asText())
                .containsExactly("new", "old");
    }

    @Test
    void aRunThatWasBrokenOffGoesOnBehindTheLastAcknowledgedDocument() throws IOException {
        write("lines.ndjson", lines(1_700));
        server.intervene(this::accept).intervene(this::accept);
        failNextRequests();

        var first = ingest("--no-wait", "lines.ndjson");
        var second = ingest("--no-wait", "lines.ndjson");

        assertThat(first.exitCode()).isEqualTo(1);
        assertThat(first.err()).contains("1,500 documents, 1,000 accepted, 0 failed", "stopped early");
        assertThat(second.exitCode()).isZero();
        assertThat(second.err()).contains("1,700 documents (1,000 sent before), 700 accepted, 0 failed");
        assertThat(server.sourceUris()).hasSize(1_700).doesNotHaveDuplicates();
    }

    @Test
    void whereverTheJournalIsCutNothingIsLostAndLittleIsSentTwice() throws IOException {
        write("lines.ndjson", lines(40));
        ingest("lines.ndjson");
        var whole = Files.readAllBytes(journal());
        var all = new HashSet<>(server.sourceUris());

        for (var length = 0; length < whole.length; length += 211) {
            Files.write(journal(), Arrays.copyOf(whole, length));
            var before = server.documents().size();

            var run = ingest("lines.ndjson");

            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.out())
                    .as("cut at " + length)
                    .startsWith("40 documents")
                    .contains(" 40 completed, 0 failed");
            var sent = server.sourceUris().subList(before, server.documents().size());
            assertThat(all).containsAll(sent);
            assertThat(sent).hasSize(40 - acknowledged(whole, length));
        }
    }

    private static int acknowledged(byte[] journal, int length) {
        var text = new String(journal, 0, length, UTF_8);
        return (int) text.substring(0, text.lastIndexOf('\n') + 1)
                .lines()
                .filter(line -> line.contains("\"accepted\""))
                .count();
    }

    @Test
    void jobsThatNobodySawCompleteAreWaitedFor() throws IOException {
        write("docs/a.txt", "A");
        write("docs/b.txt", "poison");
        ingest("--no-wait", "docs");

        var run = ingest("docs");

        assertThat(server.requests()).hasSize(1);
        assertThat(run.out()).startsWith("2 documents (2 sent before), 2 chunks, 1 completed, 1 failed");
        assertThat(run.err()).contains("b.txt: extractor gave up");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(ingest("docs").out()).as("still failed").contains(" 1 completed, 1 failed");
    }

    @Test
    void refusedDocumentsAreTriedAndToldAgain() {
        var run = ingestInput(line("u:1", "") + line("u:2", "x"));
        var again = ingestInput(line("u:1", "") + line("u:2", "x"));

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(again.exitCode()).isEqualTo(1);
        assertThat(again.err()).contains("stdin:1: The document breaks a rule.");
        assertThat(server.sourceUris()).containsExactly("u:1", "u:2", "u:1");
    }

    @Test
    void aJournalOfAnotherServerOrWorkspaceIsRefused() throws IOException {
        write("docs/a.txt", "A");
        ingest("docs");

        var run = ingest("--workspace", "other", "docs");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("workspace default, and says nothing of this one; take another file");
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void aServerThatForgotTheJobsOfTheJournalIsAnotherOne() throws IOException {
        write("docs/a.txt", "vanish");
        ingest("--no-wait", "docs");

        var run = ingest("--no-wait", "docs");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("the server does not know job", "to send everything again, take another file");
    }

    @Test
    void whatIsNoJournalIsLeftAlone() throws IOException {
        for (var text : List.of("important", "important\n", "{\"a\":1}\n", "{}\n")) {
            write("journal.jsonl", text);
            write("docs/a.txt", "A");

            var run = ingest("docs");

            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.err()).contains("is no journal of an ingest");
            assertThat(journal()).hasContent(text);
        }
        assertThat(server.paths()).isEmpty();
    }

    @Test
    void aJournalServesOneRunAtATime() throws IOException {
        write("docs/a.txt", "A");
        ingest("docs");

        try (var channel = FileChannel.open(journal(), StandardOpenOption.WRITE);
                var lock = channel.lock()) {
            var run = ingest("docs");

            assertThat(lock.isValid()).isTrue();
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.err()).contains("is in use by another ingest");
        }
    }

    @Test
    void theJournalItselfIsNoDocument() throws IOException {
        write("a.txt", "A");

        ingest(".");
        var again = ingest(".");

        assertThat(again.out()).startsWith("1 document (1 sent before)");
        assertThat(server.sourceUris()).hasSize(1);
    }

    @Test
    void norIsItWhenItsNameIsThatOfAText() throws IOException {
        write("a.txt", "A");

        for (var i = 0; i < 2; i++) {
            var run = CommandRun.of(
                    CommandRun.surroundings(time, ""),
                    "ingest",
                    "--url",
                    server.uri().toString(),
                    "--resume",
                    folder.resolve("journal.txt").toString(),
                    folder.toString());
            assertThat(run.exitCode()).isZero();
        }

        assertThat(server.documents())
                .extracting(document -> document.path("content").asText())
                .containsExactly("A");
    }

    @Test
    void theSummaryForProgramsTellsWhatWasSentBefore() throws IOException {
        write("docs/a.txt", "A");
        ingest("docs");

        var summary = Json.MAPPER.readTree(ingest("-o", "jsonl", "docs").out());

        assertThat(summary.path("acknowledged_before").asInt()).isEqualTo(1);
        assertThat(summary.path("accepted").asInt()).isZero();
        assertThat(summary.path("completed").asInt()).isEqualTo(1);
    }

    private void accept(HttpExchange exchange) throws IOException {
        FakeMillrace.send(exchange, 200, "application/x-ndjson", server.accept(exchange));
    }

    /** All attempts of one run at one request. */
    private void failNextRequests() {
        for (var i = 0; i < RetryPolicy.DEFAULT.attemptsMax(); i++) {
            server.intervene(FakeMillrace.problem(503, "unavailable", "Try later.", null));
        }
    }

    private static String lines(int count) {
        return IntStream.range(0, count).mapToObj(i -> line("u:" + i, "x")).collect(Collectors.joining());
    }

    private static String line(String uri, String content) {
        return "{\"source_uri\":\"%s\",\"content\":\"%s\"}\n".formatted(uri, content);
    }

    private CommandRun ingest(String... arguments) {
        var last = arguments.length - 1;
        var all = new ArrayList<>(List.of(arguments).subList(0, last));
        all.add(folder.resolve(arguments[last]).toString());
        return run("", all);
    }

    private CommandRun ingestInput(String lines) {
        return run(lines, List.of("-"));
    }

    private CommandRun run(String in, List<String> arguments) {
        var all = new ArrayList<>(List.of("ingest", "--url", server.uri().toString(), "--resume"));
        all.add(journal().toString());
        all.addAll(arguments);
        return CommandRun.of(CommandRun.surroundings(time, in), all.toArray(String[]::new));
    }

    private Path journal() {
        return folder.resolve("journal.jsonl");
    }

    private List<String> contents(int request) {
        return server.requests().get(request).stream()
                .map(document -> document.path("content").asText())
                .toList();
    }

    private void write(String name, String text) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
