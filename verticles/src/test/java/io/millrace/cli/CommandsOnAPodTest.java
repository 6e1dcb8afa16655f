package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.flow.FlowPod;
import io.millrace.pg.TestDatabase;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Every command that talks to a server, against a pod with all its stages. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommandsOnAPodTest {

    private static final String TEXT = "Ada Lovelace wrote to Charles Babbage. Charles Babbage lived in London.";

    @TempDir
    private Path folder;

    private TestDatabase database;
    private FlowPod pod;

    @BeforeAll
    void startPod() {
        database = TestDatabase.create();
        pod = FlowPod.start(database, Map.of());
    }

    @AfterAll
    void stopPod() {
        pod.close();
        database.close();
    }

    @Test
    void anIngestIsResumedAndItsJobsAndDocumentShown() throws Exception {
        var file = Files.writeString(folder.resolve("ada.txt"), TEXT);
        var journal = folder.resolve("journal").toString();

        var first = ok("ingest", "--workspace", "jobs", "--resume", journal, file.toString());
        var second = ok("ingest", "--workspace", "jobs", "--resume", journal, file.toString());

        assertThat(first.out()).startsWith("1 document, ").contains(" 1 completed, 0 failed");
        assertThat(second.out()).startsWith("1 document (1 sent before), 0 chunks, 1 completed, 0 failed");
        var jobs = lines(ok("job", "list", "--workspace", "jobs", "-o", "jsonl"));
        assertThat(jobs).hasSize(1);
        var id = jobs.getFirst().path("id").asText();
        assertThat(ok("job", "show", id, "--workspace", "jobs", "--watch").out())
                .contains("Status     completed");
        assertThat(run("job", "cancel", id, "--workspace", "jobs").err()).contains("(409 job_ended)");
        assertThat(ok("document", "show", file.toString(), "--content", "--workspace", "jobs")
                        .out())
                .isEqualTo(TEXT);
        assertThat(ok("document", "show", file.toUri().toString(), "--workspace", "jobs")
                        .out())
                .contains("current  completed");
    }

    @Test
    void theGraphIsSearchedWalkedAndExported() throws Exception {
        ingested("graph", TEXT);

        assertThat(ok("graph", "stats", "--workspace", "graph").out()).contains("Workspace graph");
        assertThat(ok("graph", "search", "lovelace", "--workspace", "graph").out())
                .contains("Ada Lovelace  PERSON");
        assertThat(ok("graph", "neighbors", "ada lovelace", "--workspace", "graph")
                        .out())
                .contains("Charles Babbage");

        var exported = lines(ok("graph", "export", "--workspace", "graph"));
        var entities = ids(exported, "entity");
        var relationships = ids(exported, "relationship");
        assertThat(entities).hasSizeGreaterThanOrEqualTo(3);
        assertThat(relationships).hasSizeGreaterThanOrEqualTo(2);
        assertThat(exported.getLast().toString())
                .isEqualTo("{\"kind\":\"end\",\"entities\":%d,\"relationships\":%d}"
                        .formatted(entities.size(), relationships.size()));
        assertThat(exported.stream().filter(line -> line.path("kind").asText().equals("relationship")))
                .allSatisfy(line -> assertThat(entities)
                        .contains(
                                line.path("source_entity_id").asText(),
                                line.path("target_entity_id").asText()));
        var file = folder.resolve("g.graphml");
        ok("graph", "export", "--workspace", "graph", "--format", "graphml", "--output", file.toString());
        assertThat(Files.readString(file).split("<node ", -1)).hasSize(entities.size() + 1);
        assertThat(Files.readString(file).split("<edge ", -1)).hasSize(relationships.size() + 1);
    }

    @Test
    void anExportOfManyPagesIsComplete() throws Exception {
        var entities = 2_345;
        var document = new StringBuilder("{\"source_uri\":\"u:1\",\"content\":\"x\",\"entities\":[");
        for (var i = 0; i < entities; i++) {
            document.append(i == 0 ? "" : ",")
                    .append("{\"name\":\"Entity Number %d\",\"type\":\"THING\"}".formatted(i));
        }
        var lines = Files.writeString(folder.resolve("many.ndjson"), document + "]}\n");
        ok("ingest", "--workspace", "many", lines.toString());
        ingested("other", TEXT);

        var exported = lines(ok("graph", "export", "--workspace", "many"));

        var names = new HashSet<String>();
        exported.forEach(line -> names.add(line.path("name").asText()));
        assertThat(exported).hasSize(entities + 1);
        assertThat(names).hasSize(entities + 1).contains("Entity Number 0", "Entity Number 2344");
        assertThat(ids(exported, "entity")).hasSize(entities).isSorted();
    }

    @Test
    void anEmptyGraphIsExportedToo() {
        assertThat(ok("graph", "export", "--workspace", "empty").out())
                .isEqualTo("{\"kind\":\"end\",\"entities\":0,\"relationships\":0}\n");
    }

    @Test
    void aTopicIsMadeWrittenReadAndCopied() {
        assertThat(ok("topic", "create", "views", "--partitions", "3").out())
                .isEqualTo("topic views with 3 partitions is made\n");
        assertThat(ok("topic", "create", "views", "--partitions", "3").out()).contains("was there already");
        assertThat(run("topic", "create", "views").err()).contains("3 partitions; that number is fixed");
        ok("topic", "create", "copy");

        var produced = withInput(
                "a:1\nb:{\"n\":1.10}\na:Łódź\n", "topic", "produce", "views", "--key-separator", ":", "-o", "jsonl");
        var tailed = ok("topic", "tail", "views", "--begin", "--limit", "3", "-o", "jsonl");

        assertThat(produced.exitCode()).isZero();
        var positions = lines(produced);
        assertThat(positions).hasSize(3);
        assertThat(positions.get(2).path("offset").asLong())
                .isEqualTo(positions.get(0).path("offset").asLong() + 1);
        assertThat(lines(tailed).stream().map(line -> line.path("key").asText() + "=" + line.path("value")))
                .containsExactlyInAnyOrder("a=\"1\"", "b={\"n\":1.10}", "a=\"Łódź\"");
        assertThat(withInput(tailed.out(), "topic", "produce", "copy", "--format", "jsonl")
                        .out())
                .isEqualTo("3 records stored in topic copy\n");
        assertThat(lines(ok("topic", "tail", "copy", "--begin", "--limit", "3", "-o", "jsonl")))
                .extracting(line -> line.path("key") + " " + line.path("value"))
                .containsExactlyElementsOf(lines(tailed).stream()
                        .map(line -> line.path("key") + " " + line.path("value"))
                        .toList());
        assertThat(ok("topic", "list").out()).containsPattern("views +3 +3 ").contains("views.dead-letters");
    }

    @Test
    void whatTheStagesWriteIsNotWrittenByHand() {
        assertThat(withInput("x\n", "topic", "produce", "chunks").err()).contains("is written by Millrace itself");
        assertThat(withInput("x\n", "topic", "produce", "none-such").err()).contains("(404 not_found)");
        assertThat(run("topic", "create", "a b").err()).contains("(400 invalid_parameter)");
        assertThat(run("topic", "create", "x.dead-letters").err()).contains("(400 invalid_parameter)");
        assertThat(run("topic", "create", "x", "--partitions", "1025").err())
                .contains("(422 invalid_record); /partitions");
        assertThat(withInput("{\"value\":5,\"colour\":\"red\"}\n", "topic", "produce", "none-such", "--format", "jsonl")
                        .err())
                .contains("(422 invalid_record)", "/0/colour: There is no field colour here.");
    }

    @Test
    void groupsAreListedAndMoved() {
        ingested("groups", TEXT);

        assertThat(ok("group", "list").out()).containsPattern("chunk +documents +8 ");
        assertThat(lines(ok("group", "seek", "stats", "--begin", "-o", "jsonl")))
                .allSatisfy(
                        moved -> assertThat(moved.path("to_offset").asLong()).isZero());
        assertThat(run("group", "seek", "none-such", "--begin").err()).contains("(404 not_found)");
    }

    @Test
    void deadLettersAreListedAndDecidedAbout() {
        assertThat(run("deadletter", "list").err()).isEqualTo("millrace: no such dead letter\n");
        assertThat(run("deadletter", "retry", "documents/0/17").err()).contains("(404 not_found)");
        assertThat(ok("deadletter", "drop", "--all").out()).isEmpty();
    }

    @Test
    void whatIsNotThereIsAFailure() {
        assertThat(run("job", "show", UUID.randomUUID().toString()).exitCode()).isEqualTo(1);
        assertThat(run("document", "show", "urn:none").exitCode()).isEqualTo(1);
        assertThat(run("topic", "tail", "none-such").exitCode()).isEqualTo(1);
        assertThat(run("graph", "neighbors", UUID.randomUUID().toString()).exitCode())
                .isEqualTo(1);
        assertThat(run("job", "list", "--status", "sleeping").exitCode()).isEqualTo(1);
    }

    private void ingested(String workspace, String text) {
        var line = Json.write(Map.of("source_uri", "u:" + workspace, "content", text)) + "\n";
        assertThat(withInput(line, "ingest", "--workspace", workspace, "-").exitCode())
                .isZero();
    }

    private static List<JsonNode> lines(CommandRun run) {
        return run.out().lines().map(line -> Json.read(line, JsonNode.class)).toList();
    }

    private static List<String> ids(List<JsonNode> exported, String kind) {
        return exported.stream()
                .filter(line -> line.path("kind").asText().equals(kind))
                .map(line -> line.path("id").asText())
                .toList();
    }

    private CommandRun ok(String... arguments) {
        var run = run(arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run;
    }

    private CommandRun run(String... arguments) {
        return withInput("", arguments);
    }

    private CommandRun withInput(String in, String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--url", pod.base().toString()));
        var surroundings = new Surroundings(
                new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
                Terminal.NONE,
                Terminal.NONE,
                InstantSource.system(),
                Sleeper.PARKING,
                Map.of());
        return CommandRun.of(surroundings, all.toArray(String[]::new));
    }
}
