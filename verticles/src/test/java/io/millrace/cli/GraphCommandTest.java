package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GraphCommandTest {

    private static final String STATS = """
            {"workspace":"default","entity_count":12345,"relationship_count":678,"last_updated":"2026-11-21T12:00:00.5Z",
             "entity_mentions":1234567,"relationship_mentions":890,
             "entity_types":{"PLACE":3,"PERSON":480,"ORGANIZATION":121},"relationship_types":{"WORKED_AT":7},
             "degrees":{"1":5},"top_entities":[{"id":"i","name":"Ada Lovelace","degree":1200},{"id":"j","name":"Łódź","degree":9}],
             "jobs":{"completed":40,"failed":0},
             "stages":[{"group":"chunk","topic":"documents","lag":0},{"group":"extract","topic":"chunks","lag":1500}],
             "exact":1.10}""";

    private final FakeMillrace server = new FakeMillrace();

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void statisticsReadWell() {
        var text = String.join("\n", GraphStatsText.lines(Json.read(STATS, GraphStats.class), Terminal.NONE));

        assertThat(text).isEqualTo("""
                        Workspace default, as of 2026-11-21 12:00:00 UTC
                          Entities                  12,345
                          Relationships                678
                          Entity mentions        1,234,567
                          Relationship mentions        890
                          Jobs completed                40
                          Jobs failed                    0

                        Entity types
                          PERSON        480  ████████████████████████
                          ORGANIZATION  121  ███████
                          PLACE           3  █

                        Relationship types
                          WORKED_AT  7  ████████████████████████

                        Top entities, by relationships
                          Ada Lovelace  1,200
                          Łódź              9

                        Stages, by records behind
                          chunk        0  from documents
                          extract  1,500  from chunks""");
    }

    @Test
    void anEmptyGraphSaysSo() {
        var text = GraphStatsText.lines(
                Json.read("{\"workspace\":\"w\",\"entity_count\":0,\"last_updated\":null}", GraphStats.class),
                Terminal.NONE);

        assertThat(text).hasSize(7).first().isEqualTo("Workspace w, still empty");
    }

    @Test
    void ofManyTypesTheRestIsSummedUp() {
        var types = new ArrayList<String>();
        for (var i = 1; i <= 12; i++) {
            types.add("\"T%02d\":%d".formatted(i, i));
        }
        var stats = Json.read("{\"entity_types\":{%s}}".formatted(String.join(",", types)), GraphStats.class);

        assertThat(GraphStatsText.lines(stats, Terminal.NONE))
                .contains("  T12       12  ████████████████████████", "  (2 more)   3")
                .noneMatch(line -> line.contains("T02"));
    }

    @Test
    void colourIsForTerminalsAndBlocksForUnicode() {
        var stats = Json.read(STATS, GraphStats.class);

        assertThat(GraphStatsText.lines(stats, new Terminal(true, true, true)))
                .contains("\u001b[1mEntity types\u001b[0m");
        assertThat(GraphStatsText.lines(stats, new Terminal(true, false, false)))
                .contains("Entity types", "  PLACE           3  #");
    }

    @Test
    void asJsonTheServersAnswerIsUnchanged() throws Exception {
        server.answer("/v1/graph/stats", STATS);

        var run = graph("stats", "-o", "json");

        assertThat(run.exitCode()).isZero();
        assertThat(Json.MAPPER.readTree(run.out())).isEqualTo(Json.MAPPER.readTree(STATS));
        assertThat(run.out())
                .contains("\"exact\" : 1.10")
                .hasLineCount(run.out().split("\n", -1).length - 1);
    }

    @Test
    void jsonForAnAsciiTerminalLosesNothing() {
        assertThat(Json.pretty("{\"a\":\"Łódź\",\"n\":123456789012345678901234567890.10}", true))
                .contains("\\u0141\\u00F3d\\u017A")
                .contains("123456789012345678901234567890.10");
    }

    @Test
    void searchAsksForWhatWasGiven() {
        server.answer("/v1/graph/entities?q=ada+%26+%C5%81&type=PERSON&limit=5", """
                {"entities":[{"id":"i","name":"Ada Lovelace","entity_type":"PERSON","description":"wrote the first program",
                "confidence":90,"mentions":1234,"degree":8,"score":0.756}]}""");

        var run = graph("search", "ada & Ł", "--type", "PERSON", "--limit", "5");

        assertThat(run.out()).isEqualTo("""
                        NAME          TYPE    MENTIONS  DEGREE  SCORE  DESCRIPTION
                        Ada Lovelace  PERSON     1,234       8   0.76  wrote the first program
                        """);
    }

    @Test
    void namesCannotActOnTheTerminal() {
        server.answer("/v1/graph/entities?q=x&limit=20", """
                {"entities":[{"name":"a\\u001b[2Jb","entity_type":"T","description":"c\\nd\\u202ee"}]}""");

        assertThat(graph("search", "x").out())
                .contains("a\uFFFD[2Jb", "c d\uFFFDe")
                .doesNotContain("\u001b", "\u202e");
    }

    @Test
    void nothingFoundIsNoFailure() {
        server.answer("/v1/graph/entities?q=x&limit=20", "{\"entities\":[]}");

        var run = graph("search", "x");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("no entity has a name like 'x'");
    }

    @Test
    void aProblemIsTold() {
        server.intervene(FakeMillrace.problem(400, "invalid_parameter", "limit is too large.", null));

        var run = graph("search", "x");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("millrace: limit is too large. (400 invalid_parameter)\n");
    }

    @Test
    void anotherServerAtTheAddressIsRecognised() {
        server.intervene(exchange -> FakeMillrace.send(exchange, 200, "text/html", "<html>"));
        server.intervene(exchange -> FakeMillrace.send(exchange, 404, "text/html", "<html>"));

        assertThat(graph("stats").err()).contains("what answers is no millrace");
        assertThat(graph("stats").err()).contains("Unexpected answer (404 no_problem_given)");
    }

    @Test
    void noServerHasItsOwnExitCode() {
        server.close();

        assertThat(graph("stats").exitCode()).isEqualTo(69);
    }

    @Test
    void aCommandIsMissing() {
        assertThat(CommandRun.of(CommandRun.surroundings(new FakeTime(), ""), "graph")
                        .exitCode())
                .isEqualTo(2);
    }

    private CommandRun graph(String... arguments) {
        var all = new ArrayList<>(List.of("graph"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--url", server.uri().toString()));
        return CommandRun.of(CommandRun.surroundings(new FakeTime(), ""), all.toArray(String[]::new));
    }
}
