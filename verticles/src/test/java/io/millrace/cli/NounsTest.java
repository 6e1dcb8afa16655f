package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Commands that ask once and show the answer: what they ask for, and how it reads. */
class NounsTest {

    private static final String ID = "01900000-0000-7000-8000-000000000001";
    private static final String OTHER = "01900000-0000-7000-8000-000000000002";

    private final FakeMillrace server = new FakeMillrace();
    private final FakeTime time = new FakeTime();

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void topicsAreListed() {
        server.answer("/v1/topics", """
                {"topics":[{"topic":"documents","records":1234,"partitions":[
                 {"partition":0,"begin_offset":0,"end_offset":1234,"records":1234,"last_record_at":"2026-11-21T12:00:01Z"},
                 {"partition":1,"begin_offset":0,"end_offset":0,"records":0,"last_record_at":null}]},
                 {"topic":"events","records":0,"partitions":[{"partition":0,"last_record_at":null}]}]}""");

        assertThat(run("topic", "list").out()).isEqualTo("""
                        TOPIC      PARTITIONS  RECORDS  LAST RECORD
                        documents           2    1,234  2026-11-21 12:00:01 UTC
                        events              1        0  -
                        """);
        assertThat(run("topic", "list", "-o", "jsonl").out().lines())
                .hasSize(2)
                .first()
                .asString()
                .startsWith("{\"topic\":\"documents\",\"records\":1234,");
    }

    @Test
    void aTopicIsMade() {
        server.answerPost("/v1/topics", "{\"topic\":\"t\",\"partitions\":8,\"created\":true}");

        assertThat(run("topic", "create", "t", "--partitions", "8").out())
                .isEqualTo("topic t with 8 partitions is made\n");
        assertThat(server.bodies()).containsExactly("{\"topic\":\"t\",\"partitions\":8}");
    }

    @Test
    void groupsAreListed() {
        server.answer("/v1/groups", """
                {"groups":[{"group":"chunk","topic":"documents","lag":1500,"owners":2,
                 "partitions":[{"partition":0},{"partition":1}]}]}""");

        assertThat(run("group", "list").out()).isEqualTo("""
                        GROUP  TOPIC      PARTITIONS    LAG  PODS
                        chunk  documents           2  1,500     2
                        """);
    }

    @Test
    void aGroupIsMoved() {
        server.answerPost("/v1/groups/my%20group/seek?offset=17&partition=3&allow_skip=true", """
                {"group":"my group","topic":"t","partitions":[{"partition":3,"from_offset":1000,"to_offset":17}]}""");

        assertThat(run("group", "seek", "my group", "--offset", "17", "--partition", "3", "--allow-skip")
                        .out())
                .isEqualTo("""
                        PARTITION   FROM  TO
                                3  1,000  17
                        """);
    }

    @Test
    void aGroupIsMovedToOnePlaceOnly() {
        assertThat(run("group", "seek", "g").exitCode()).isEqualTo(2);
        assertThat(run("group", "seek", "g", "--begin", "--end").exitCode()).isEqualTo(2);
        assertThat(server.paths()).isEmpty();
    }

    @Test
    void jobsAreListedPageByPageUpToTheLimit() {
        server.answer(
                "/v1/jobs?status=failed&job_type=ingest_doc&source_uri=u%3A1&from=2026-11-21&to=2026-11-22&limit=3",
                "{\"jobs\":[%s,%s],\"next_cursor\":\"c+1\"}".formatted(job(ID), job(OTHER)));
        server.answer(
                "/v1/jobs?status=failed&job_type=ingest_doc&source_uri=u%3A1&from=2026-11-21&to=2026-11-22&limit=1&cursor=c%2B1",
                "{\"jobs\":[%s],\"next_cursor\":\"c2\"}".formatted(job(ID)));
        var arguments = List.of(
                "job",
                "list",
                "--status",
                "failed",
                "--type",
                "ingest_doc",
                "--source-uri",
                "u:1",
                "--from",
                "2026-11-21",
                "--to",
                "2026-11-22",
                "--limit",
                "3");

        assertThat(run(arguments, "-o", "jsonl").out().lines()).containsExactly(job(ID), job(OTHER), job(ID));
        assertThat(run(arguments).out().lines()).hasSize(4).first().asString().startsWith("JOB ");
        assertThat(Json.read(run(arguments, "-o", "json").out(), JobList.class).jobs())
                .hasSize(3);
    }

    @Test
    void aLimitHasBounds() {
        assertThat(run("job", "list", "--limit", "0").exitCode()).isEqualTo(2);
        assertThat(run("job", "list", "--limit", "100001").exitCode()).isEqualTo(2);
    }

    @Test
    void noJobAtAllIsNoFailure() {
        server.answer("/v1/jobs?limit=50", "{\"jobs\":[],\"next_cursor\":null}");

        var run = run("job", "list");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).isEqualTo("millrace: no jobs found\n");
    }

    @Test
    void jobsAreCancelledAndRefusalsTold() {
        server.answerPost("/v1/jobs/" + ID + "/cancel", "{\"id\":\"" + ID + "\",\"status\":\"failed\"}");
        server.answerPost("/v1/jobs/" + OTHER + "/cancel", "{\"id\":\"" + OTHER + "\",\"status\":\"failed\"}");

        assertThat(run("job", "cancel", ID, OTHER).out()).isEqualTo("cancelled " + ID + "\ncancelled " + OTHER + "\n");

        server.intervene(FakeMillrace.problem(409, "job_ended", "It has ended.", null));
        var run = run("job", "cancel", ID, OTHER, "-o", "jsonl");
        assertThat(run.out()).isEqualTo("{\"id\":\"" + OTHER + "\",\"status\":\"failed\"}\n");
        assertThat(run.err()).isEqualTo("millrace: job " + ID + ": It has ended. (409 job_ended)\n");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void aDocumentIsShownWithItsVersions() {
        server.answer("/v1/documents?source_uri=https%3A%2F%2Fa%2Fb&content=false", document("null"));

        assertThat(run("document", "show", "https://a/b").out()).isEqualTo("""
                        Document  https://a/b
                        Id        d
                        Version   17
                        Type      text/plain
                        Title     -
                        Created   2026-11-21 12:00:00 UTC
                        Updated   -

                        VERSION           JOB        CHUNKS  CREATED
                             17  current  completed       2  -
                              9           completed       1  -
                        """);
    }

    @Test
    void versionsThatAreNotShownAreToldOf() {
        server.answer(
                "/v1/documents?source_uri=u&content=false",
                document("null").replace("\"next_cursor\":null", "\"next_cursor\":\"9\""));

        assertThat(run("document", "show", "u").err())
                .isEqualTo("millrace: older versions are not shown; job list --source-uri lists what was posted\n");
        server.answer("/v1/documents?source_uri=u&content=false", document("null"));
        assertThat(run("document", "show", "u").err()).isEmpty();
    }

    @Test
    void theContentAloneIsWhatWasPosted() {
        server.answer(
                "/v1/documents?source_uri=https%3A%2F%2Fa%2Fb&version=9&content=true",
                document("\"Łódź\\u0007\\nno line end\""));

        var run = run("document", "show", "https://a/b", "--version", "9", "--content");

        assertThat(run.out()).isEqualTo("Łódź\u0007\nno line end");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void aContentThatIsGoneIsAFailure() {
        server.answer("/v1/documents?source_uri=u&content=true", document("null"));

        var run = run("document", "show", "u", "--content");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("its content is not held any more");
    }

    @Test
    void aContentThatTheOutputCannotHoldIsNotMadeQuestionMarks() {
        server.answer("/v1/documents?source_uri=u&content=true", document("\"Łódź\""));
        var ascii = new Terminal(false, false, false);
        var surroundings = new Surroundings(InputStream.nullInputStream(), ascii, Terminal.NONE, time, time, Map.of());

        var run = CommandRun.of(
                surroundings,
                "document",
                "show",
                "u",
                "--content",
                "--url",
                server.uri().toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("take -o json");
    }

    private static String document(String content) {
        return """
                {"document_id":"d","source_uri":"https://a/b","version":17,"content_type":"text/plain","title":null,
                 "created_at":"2026-11-21T12:00:00Z","content_exact":true,"content":%s,"waiting":[],"versions":[
                 {"version":17,"current":true,"status":"completed","chunks":2},
                 {"version":9,"current":false,"status":"completed","chunks":1}],"next_cursor":null}""".formatted(content);
    }

    @Test
    void neighboursAreFoundByName() {
        server.answer("/v1/graph/entities?q=ada+lovelace&limit=20", """
                {"entities":[{"id":"%s","name":"Ada Lovelace","entity_type":"PERSON"},
                 {"id":"%s","name":"Ada Lovelace Day","entity_type":"EVENT"}]}""".formatted(ID, OTHER));
        server.answer("/v1/graph/entities/" + ID + "/neighbors?type=WROTE_TO&direction=out&limit=50", """
                {"entity_id":"i","neighbors":[{"id":"r","direction":"out","relationship_type":"WROTE_TO","other_id":"o",
                 "other_name":"Charles Babbage","other_type":"PERSON","description":"letters","confidence":50,"mentions":3}],
                 "next_cursor":null}""");

        assertThat(run("graph", "neighbors", "ada lovelace", "--type", "WROTE_TO", "--direction", "out")
                        .out())
                .isEqualTo("""
                             RELATIONSHIP  ENTITY           TYPE    MENTIONS  DESCRIPTION
                        out  WROTE_TO      Charles Babbage  PERSON         3  letters
                        """);
    }

    @Test
    void aNameThatIsNoneOrSeveralIsAFailure() {
        server.answer("/v1/graph/entities?q=ada&limit=20", """
                {"entities":[{"id":"%s","name":"Ada Lovelace","entity_type":"PERSON"}]}""".formatted(ID));
        server.answer("/v1/graph/entities?q=x&limit=20", "{\"entities\":[]}");
        server.answer("/v1/graph/entities?q=mercury&limit=20", """
                {"entities":[{"id":"%s","name":"Mercury","entity_type":"PLACE"},
                 {"id":"%s","name":"MERCURY","entity_type":"PRODUCT"}]}""".formatted(ID, OTHER));

        assertThat(run("graph", "neighbors", "ada").err())
                .contains("no entity has exactly this name; there is Ada Lovelace (PERSON, " + ID + ")");
        assertThat(run("graph", "neighbors", "x").exitCode()).isEqualTo(1);
        assertThat(run("graph", "neighbors", "mercury").err()).contains("several entities have this name, take an id");
    }

    @Test
    void deadLettersAreListed() {
        server.answer("/v1/deadletters?topic=documents&state=all&limit=50", """
                {"deadletters":[{"topic":"documents","partition":0,"offset":17,"timestamp":"2026-11-21T12:00:00Z",
                 "state":"open","group":"chunk","reason":"no\\nroom"}],"next_cursor":null}""");

        assertThat(run("deadletter", "list", "--topic", "documents", "--state", "all")
                        .out())
                .isEqualTo("""
                        DEAD LETTER     STATE  GROUP  GIVEN UP                 REASON
                        documents/0/17  open   chunk  2026-11-21 12:00:00 UTC  no room
                        """);
    }

    @Test
    void deadLettersAreRetriedAndDropped() {
        server.answerPost("/v1/deadletters/documents/0/17/retry", "{\"state\":\"retried\"}");
        server.answerPost("/v1/deadletters/documents/0/18/drop", "{\"state\":\"dropped\"}");

        assertThat(run("deadletter", "retry", "documents/0/17").out()).isEqualTo("retried documents/0/17\n");
        assertThat(run("deadletter", "drop", "documents/0/18", "-o", "jsonl").out())
                .isEqualTo("{\"state\":\"dropped\"}\n");
    }

    @Test
    void allOpenDeadLettersAreDecidedAboutAndRefusalsTold() {
        server.answer("/v1/deadletters?topic=t&limit=200", """
                {"deadletters":[{"topic":"t","partition":0,"offset":1},{"topic":"t","partition":0,"offset":2}],"next_cursor":"c"}""");
        server.answer("/v1/deadletters?topic=t&limit=200&cursor=c", """
                {"deadletters":[{"topic":"t","partition":1,"offset":1}],"next_cursor":null}""");
        server.answerPost("/v1/deadletters/t/0/1/retry", "{}");
        server.answerPost("/v1/deadletters/t/1/1/retry", "{}");

        var run = run("deadletter", "retry", "--all", "--topic", "t");

        assertThat(run.out()).isEqualTo("retried t/0/1\nretried t/1/1\n");
        assertThat(run.err()).startsWith("millrace: t/0/2: ").contains("(404 not_found)");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void whatIsNoDeadLetterIsWrongUsage() {
        assertThat(run("deadletter", "retry").exitCode()).isEqualTo(2);
        assertThat(run("deadletter", "retry", "t/0/1", "--all").exitCode()).isEqualTo(2);
        assertThat(run("deadletter", "retry", "t/0/1", "--topic", "t").exitCode())
                .isEqualTo(2);
        assertThat(run("deadletter", "drop", "t/0/../1").exitCode()).isEqualTo(2);
        assertThat(server.paths()).isEmpty();
    }

    private static String job(String id) {
        return "{\"id\":\"" + id + "\",\"status\":\"failed\",\"metadata\":{\"n\":1.10}}";
    }

    private CommandRun run(String... arguments) {
        return run(List.of(arguments));
    }

    private CommandRun run(List<String> arguments, String... more) {
        var all = new ArrayList<>(arguments);
        all.addAll(List.of(more));
        all.addAll(List.of("--url", server.uri().toString()));
        return CommandRun.of(CommandRun.surroundings(time, ""), all.toArray(String[]::new));
    }
}
