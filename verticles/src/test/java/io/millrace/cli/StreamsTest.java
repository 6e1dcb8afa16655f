package io.millrace.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands whose answer or input is lines without end: tail, produce and export. */
class StreamsTest {

    private static final String EXPORT = """
            {"kind":"entity","id":"a","name":"A & <B>\\u0007","entity_type":"PERSON","description":"Łódź\\n\\"x\\"","confidence":90.5,"mentions":3}
            {"kind":"entity","id":"b","name":"B","entity_type":"PLACE","description":null,"confidence":1,"mentions":1}
            {"kind":"relationship","id":"r","source_entity_id":"a","source_name":"A","relationship_type":"IN","target_entity_id":"b","target_name":"B","confidence":50,"mentions":1}
            {"kind":"relationship","id":"s","source_entity_id":"a","source_name":"A","relationship_type":"IN","target_entity_id":"c","target_name":null,"confidence":50,"mentions":1}
            {"kind":"relationship","id":"t","source_entity_id":"c","source_name":null,"relationship_type":"IN","target_entity_id":"b","target_name":"B","confidence":50,"mentions":1}
            {"kind":"end","entities":2,"relationships":3}
            """;

    private final FakeMillrace server = new FakeMillrace();
    private final FakeTime time = new FakeTime();
    private Terminal stdout = Terminal.NONE;

    @TempDir
    private Path folder;

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aTailIsALineARecord() {
        server.answer("/v1/topics/t/records?tail=true&from=1970-01-01T00%3A00%3A00Z&limit=2", """
                {"partition":1,"offset":17,"timestamp":"2026-11-21T12:00:00Z","key":"k","key_encoding":"text","value":{"n":1.10},"value_encoding":"json"}

                {"partition":0,"offset":3,"timestamp":"2026-11-21T12:00:01Z","key":null,"value":"a\\u001b[2J"}
                """);

        assertThat(run("", "topic", "tail", "t", "--begin", "--limit", "2").out())
                .isEqualTo("""
                        2026-11-21 12:00:00 UTC  1/17  k  {"n":1.10}
                        2026-11-21 12:00:01 UTC  0/3  -  a\uFFFD[2J
                        """);
        assertThat(run("", "topic", "tail", "t", "--begin", "--limit", "2", "-o", "jsonl")
                        .out()
                        .lines())
                .hasSize(2)
                .first()
                .asString()
                .contains("\"value\":{\"n\":1.10}");
    }

    @Test
    void aTailThatBreaksOffIsToldWithWhatCameBefore() {
        server.intervene(exchange -> cut(exchange, "{\"partition\":0,\"offset\":1,\"value\":\"x\"}\n"));

        var run = run("", "topic", "tail", "t");

        assertThat(run.exitCode()).isEqualTo(69);
        assertThat(run.out()).contains("0/1  -  x");
        assertThat(run.err()).contains("no longer answers");
    }

    @Test
    void aTailThatIsRefusedIsTold() {
        var run = run("", "topic", "tail", "no/such");

        assertThat(server.paths()).containsExactly("/v1/topics/no%2Fsuch/records?tail=true");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("millrace: Nothing has this path. (404 not_found)\n");
    }

    @Test
    void aTailBeginsAtOnePlaceOnly() {
        assertThat(run("", "topic", "tail", "t", "--begin", "--from", "2026-11-21")
                        .exitCode())
                .isEqualTo(2);
    }

    @Test
    void eachLineIsAValue() {
        accepting(3);

        var run = run("one\r\n\ntwo\n\"three\"\n", "topic", "produce", "t", "--partition", "1");

        assertThat(run.out()).isEqualTo("3 records stored in topic t\n");
        assertThat(server.bodies())
                .containsExactly(
                        "[{\"partition\":1,\"value\":\"one\"},{\"partition\":1,\"value\":\"two\"},{\"partition\":1,\"value\":\"\\\"three\\\"\"}]");
    }

    @Test
    void theLastLineNeedsNoEnd() {
        accepting(1);

        var run = run("one\ntwo", "topic", "produce", "t");

        assertThat(run.out()).isEqualTo("2 records stored in topic t\n");
        assertThat(server.bodies()).containsExactly("[{\"value\":\"one\"}]", "[{\"value\":\"two\"}]");
    }

    @Test
    void keysStandBeforeASeparator() throws IOException {
        accepting(2);
        var file = Files.writeString(folder.resolve("x.tsv"), "a\tA\tB\n\tempty key\n");

        run("", "topic", "produce", "t", file.toString(), "--key-separator", "\\t");

        assertThat(server.bodies())
                .containsExactly("[{\"key\":\"a\",\"value\":\"A\\tB\"},{\"key\":\"\",\"value\":\"empty key\"}]");
    }

    @Test
    void bytesThatAreNoTextArriveAllTheSame() {
        accepting(1);

        run(new ByteArrayInputStream("Zürich\n".getBytes(ISO_8859_1)), "topic", "produce", "t", "--key", "k");

        var base64 = Base64.getEncoder().encodeToString("Zürich".getBytes(ISO_8859_1));
        assertThat(server.bodies())
                .containsExactly("[{\"key\":\"k\",\"value\":\"" + base64 + "\",\"value_encoding\":\"base64\"}]");
    }

    @Test
    void whatTailPrintsProduceReads() {
        accepting(2);

        run("""
                {"partition":7,"offset":1,"timestamp":"2026-11-21T12:00:00Z","key":"k","key_encoding":"text","value":{"n": 1.10},"value_encoding":"json","headers":[]}
                {"value":"x","partition":1}
                """, "topic", "produce", "t", "--format", "jsonl");

        assertThat(server.bodies()).containsExactly("""
                        [{"key":"k","key_encoding":"text","value":{"n": 1.10},"value_encoding":"json","headers":[]},{"value":"x","partition":1}]""");
    }

    @Test
    void whatTheServerTakesForANameIsNotJudged() {
        accepting(1);
        var line = "{\"value\":{\"%s\":1}}".formatted("n".repeat(60_000));

        assertThat(run(line + "\n", "topic", "produce", "t", "--format", "jsonl")
                        .exitCode())
                .isZero();
        assertThat(server.bodies()).containsExactly("[" + line + "]");
    }

    @Test
    void aBusyServerGetsTheSameGroupAgain() {
        accepting(1);
        server.intervene(FakeMillrace.problem(503, "unavailable", "Try later.", "7"));

        var run = run("x\n", "topic", "produce", "t");

        assertThat(run.exitCode()).isZero();
        assertThat(time.sleeps()).containsExactly(Duration.ofSeconds(7));
    }

    @Test
    void whatMayBeStoredAlreadyIsNotSentAgain() {
        accepting(500);
        server.intervene(exchange -> {
            exchange.getRequestBody().readAllBytes();
            FakeMillrace.send(exchange, 200, "application/json", positions(500));
        });
        server.intervene(FakeMillrace.problem(504, "outcome_unknown", "Unknown.", null));

        var run = run("x\n".repeat(700), "topic", "produce", "t");

        assertThat(server.paths()).hasSize(2);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEqualTo("500 records stored in topic t\n");
        assertThat(run.err())
                .contains(
                        "not known to be stored, all of them or none: stdin:501 to stdin:700; nothing behind them was sent");
    }

    @Test
    void aLineThatIsNoRecordStopsBeforeItsGroup() {
        accepting(1);

        var run = run("{\"value\":\"x\"}\nnonsense\n", "topic", "produce", "t", "--format", "jsonl");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("stdin:2: it is no JSON");
        assertThat(run.out()).isEqualTo("0 records stored in topic t\n");
        assertThat(run("x", "topic", "produce", "t", "--key-separator", ":").err())
                .contains("stdin:1: there is no key separator in it");
        assertThat(server.bodies()).isEmpty();
    }

    @Test
    void anObjectThatIsNotUtf8IsNoRecord() {
        accepting(1);
        var lines = "{\"value\":\"x\"}\n{\"value\":\"\u00c0\u0080\"}\n".getBytes(ISO_8859_1);

        var run = run(new ByteArrayInputStream(lines), "topic", "produce", "t", "--format", "jsonl");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("stdin:2: it is not UTF-8");
        assertThat(server.bodies()).isEmpty();
    }

    @Test
    void contradictoryKeysAreWrongUsage() {
        assertThat(run("", "topic", "produce", "t", "--key", "k", "--key-separator", ":")
                        .exitCode())
                .isEqualTo(2);
        assertThat(run("", "topic", "produce", "t", "--key", "k", "--format", "jsonl")
                        .exitCode())
                .isEqualTo(2);
        assertThat(run("", "topic", "produce", "t", folder.resolve("gone").toString())
                        .exitCode())
                .isEqualTo(2);
    }

    private void accepting(int records) {
        server.answerPost("/v1/topics/t/records", positions(records));
    }

    private static String positions(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "{\"partition\":0,\"offset\":" + i + "}")
                .collect(Collectors.joining(",", "{\"topic\":\"t\",\"records\":[", "]}"));
    }

    @Test
    void anExportIsTheServersLines() {
        server.answer("/v1/graph/export", EXPORT);

        var run = run("", "graph", "export");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).isEqualTo(EXPORT);
        assertThat(run.err()).isEqualTo("2 entities, 3 relationships\n");
    }

    @Test
    void asGraphMlItIsReadByAnyXmlReader() throws Exception {
        server.answer("/v1/graph/export", EXPORT);
        var file = folder.resolve("g.graphml");

        var run = run("", "graph", "export", "--format", "graphml", "--output", file.toString());

        assertThat(run.err())
                .isEqualTo("2 entities, 3 relationships; 1 character that XML cannot hold stand as U+FFFD\n");
        var texts = texts(Files.readString(file));
        assertThat(texts).contains("A & <B>\uFFFD", "Łódź\n\"x\"", "PERSON", "90.50");
        assertThat(Files.readString(file))
                .containsOnlyOnce("<node id=\"c\"/>")
                .contains("<edge id=\"r\" source=\"a\" target=\"b\"><data key=\"relationship_type\">IN</data>");
        assertThat(folder).isDirectoryNotContaining(path -> path.toString().endsWith(".part"));
    }

    @Test
    void anExportThatIsNotWholeLeavesNoFile() {
        var file = folder.resolve("g.ndjson");
        var half = EXPORT.lines().limit(3).map(line -> line + "\n").collect(Collectors.joining());
        server.intervene(exchange -> cut(exchange, half));
        server.intervene(exchange -> FakeMillrace.send(exchange, 200, "application/x-ndjson", half));

        assertThat(run("", "graph", "export", "--output", file.toString()).exitCode())
                .isEqualTo(69);
        var ended = run("", "graph", "export", "--output", file.toString());
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.err()).contains("the export ended early and is not whole");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aFileThatCannotBeWrittenIsAFailure() {
        server.answer("/v1/graph/export", EXPORT);

        var run = run(
                "",
                "graph",
                "export",
                "--output",
                folder.resolve("no/such/folder").toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("cannot be written");
    }

    @Test
    void aFolderIsNotReplaced() throws IOException {
        server.answer("/v1/graph/export", EXPORT);
        var taken = Files.createDirectory(folder.resolve("taken"));

        var run = export(taken);

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("taken is a folder");
        assertThat(taken).isDirectory();
    }

    @Test
    void aLinkStaysOneAndItsTargetIsWritten() throws IOException {
        server.answer("/v1/graph/export", EXPORT);
        var inner = Files.createDirectory(folder.resolve("inner"));
        Files.writeString(inner.resolve("old"), "old");
        for (var target : List.of("old", "new")) {
            var link = Files.createSymbolicLink(folder.resolve("to-" + target), Path.of("inner", target));

            assertThat(export(link).exitCode()).isZero();

            assertThat(link).isSymbolicLink();
            assertThat(inner.resolve(target)).hasContent(EXPORT);
        }
        var circle = Files.createSymbolicLink(folder.resolve("circle"), Path.of("circle"));
        assertThat(export(circle).err()).contains("is a link that leads nowhere");
    }

    @Test
    void aPipeIsWrittenTo() throws Exception {
        server.answer("/v1/graph/export", EXPORT);
        var pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        var reader = new ProcessBuilder("timeout", "20", "cat", pipe.toString()).start();

        assertThat(export(pipe).exitCode()).isZero();

        assertThat(new String(reader.getInputStream().readAllBytes(), UTF_8)).isEqualTo(EXPORT);
        assertThat(Files.isRegularFile(pipe)).isFalse();
    }

    @Test
    void whatHasTheNameOfAPartIsLeftAlone() throws IOException {
        server.answer("/v1/graph/export", EXPORT);
        var part = Files.writeString(folder.resolve("g.ndjson.part"), "mine");

        assertThat(export(folder.resolve("g.ndjson")).exitCode()).isZero();

        assertThat(part).hasContent("mine");
        assertThat(folder).isDirectoryContaining(path -> path.endsWith("g.ndjson"));
    }

    private CommandRun export(Path target) {
        return run("", "graph", "export", "--output", target.toString());
    }

    @Test
    void whereOnlyAsciiCanBePrintedNothingIsLost() throws Exception {
        stdout = new Terminal(false, false, false);
        server.answer("/v1/graph/export", EXPORT);

        assertThat(run("", "graph", "export").out())
                .contains("\\u0141\\u00F3d\\u017A")
                .matches("[\\x20-\\x7e\\n]*");
        assertThat(texts(run("", "graph", "export", "--format", "graphml").out()))
                .contains("Łódź\n\"x\"");
    }

    /** The texts of all elements that have one. */
    private static List<String> texts(String xml) throws XMLStreamException {
        var reader = XMLInputFactory.newInstance().createXMLStreamReader(new StringReader(xml));
        var texts = new ArrayList<String>();
        while (reader.hasNext()) {
            reader.next();
            if (reader.isStartElement() && reader.getLocalName().equals("data")) {
                texts.add(reader.getElementText());
            }
        }
        return texts;
    }

    /** Promises more than comes. */
    private static void cut(HttpExchange exchange, String begin) throws IOException {
        exchange.sendResponseHeaders(200, begin.length() + 1_000L);
        exchange.getResponseBody().write(begin.getBytes(UTF_8));
        exchange.getResponseBody().flush();
        exchange.close();
    }

    private CommandRun run(String in, String... arguments) {
        return run(new ByteArrayInputStream(in.getBytes(UTF_8)), arguments);
    }

    private CommandRun run(ByteArrayInputStream in, String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--url", server.uri().toString()));
        var surroundings = new Surroundings(in, stdout, Terminal.NONE, time, time, Map.of());
        return CommandRun.of(surroundings, all.toArray(String[]::new));
    }
}
