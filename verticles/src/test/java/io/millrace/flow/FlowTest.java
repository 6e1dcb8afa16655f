package io.millrace.flow;

import static io.millrace.flow.Posts.document;
import static io.millrace.flow.Posts.entity;
import static io.millrace.flow.Posts.paragraph;
import static io.millrace.flow.Posts.relationship;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** Documents from the door through all stages to the graph; each test in a workspace of its own. */
class FlowTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String CONTENT = "Ada Lovelace wrote to Charles Babbage about the Analytical Engine.";

    private static TestDatabase database;
    private static FlowPod pod;
    private static Rows rows;

    private String workspace;
    private HttpCaller caller;

    @BeforeAll
    static void startPod() {
        database = TestDatabase.create();
        pod = FlowPod.start(database, Map.of("MILLRACE_CHUNK_MAX_TOKENS", "64", "MILLRACE_CHUNK_OVERLAP_TOKENS", "8"));
        rows = new Rows(database);
    }

    @AfterAll
    static void stopPod() {
        rows.close();
        pod.close();
        database.close();
    }

    @BeforeEach
    void openWorkspace(TestInfo test) {
        workspace = test.getTestMethod().orElseThrow().getName();
        caller = pod.caller(workspace);
    }

    /** Awaitility waits for a tenth of a second before it first looks. */
    private static ConditionFactory patiently() {
        return await().atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20));
    }

    private JsonObject ended(UUID job) {
        return patiently().until(() -> caller.job(job), FlowTest::isEnded);
    }

    private static boolean isEnded(JsonObject job) {
        var status = job.getString("status", "none");
        return status.equals("completed") || status.equals("failed");
    }

    private JsonObject completed(UUID job) {
        var ended = ended(job);
        assertThat(ended.getString("status")).as(ended.encode()).isEqualTo("completed");
        return ended;
    }

    private void allCompleted(Collection<UUID> jobs) {
        jobs.forEach(this::completed);
    }

    /** Statistics follow the graph; these are the ones that {@code expected} waits for. */
    private JsonObject statistics(Predicate<JsonObject> expected) {
        return patiently().until(() -> caller.get("/v1/graph/stats").json(), expected);
    }

    private JsonObject statisticsOf(long entities, long relationships) {
        return statistics(found ->
                found.getLong("entity_count") == entities && found.getLong("relationship_count") == relationships);
    }

    private JsonObject found(String name) {
        var query = "/v1/graph/entities?q=" + name.replace(" ", "%20");
        var list = caller.get(query).json().getJsonArray("entities");
        assertThat(list).as("entities like " + name).isNotEmpty();
        return list.getJsonObject(0);
    }

    private static JsonObject letter(String sourceUri) {
        return document(
                sourceUri,
                CONTENT,
                List.of(
                        entity("Ada Lovelace", "PERSON")
                                .put("description", "mathematician")
                                .put("confidence", 90),
                        entity("Charles Babbage", "PERSON"),
                        entity("Analytical Engine", "PRODUCT")),
                List.of(
                        relationship("Ada Lovelace", "WROTE_TO", "Charles Babbage")
                                .put("confidence", 50),
                        relationship("Charles Babbage", "DESIGNED", "Analytical Engine")));
    }

    @Test
    void aPostedDocumentBecomesAGraphThatCanBeRead() {
        var job = completed(caller.accepted(letter("letter").put("metadata", new JsonObject().put("page", 1))));

        assertThat(job.getInteger("chunks_total")).isEqualTo(1);
        assertThat(job.getInteger("chunks_processed")).isEqualTo(1);
        assertThat(job.getJsonObject("metadata")).isEqualTo(new JsonObject().put("page", 1));
        var ada = found("ada lovelace");
        assertThat(ada.getString("name")).isEqualTo("Ada Lovelace");
        assertThat(ada.getString("entity_type")).isEqualTo("PERSON");
        assertThat(ada.getString("description")).isEqualTo("mathematician");
        assertThat(ada.getDouble("confidence")).isEqualTo(90.0);
        assertThat(ada.getLong("mentions")).isEqualTo(1);
        var detail = caller.get("/v1/graph/entities/" + ada.getString("id")).json();
        var wroteTo = detail.getJsonArray("relationships").getJsonObject(0);
        assertThat(wroteTo.getString("relationship_type")).isEqualTo("WROTE_TO");
        assertThat(wroteTo.getString("direction")).isEqualTo("out");
        assertThat(wroteTo.getString("other_name")).isEqualTo("Charles Babbage");
        assertThat(wroteTo.getDouble("confidence")).isEqualTo(50.0);
        var source = detail.getJsonArray("sources").getJsonObject(0);
        assertThat(source.getString("source_uri")).isEqualTo("letter");
        assertThat(source.getString("job_id")).isEqualTo(job.getString("id"));
        // Each partition counts what is its own, one perhaps a little later than the other.
        var degrees = new JsonObject().put("1", 2).put("2", 1);
        statistics(found -> degrees.equals(found.getJsonObject("degrees")));
        var statistics = statisticsOf(3, 2);
        assertThat(statistics.getJsonObject("entity_types"))
                .isEqualTo(new JsonObject().put("PERSON", 2).put("PRODUCT", 1));
        assertThat(statistics.getJsonObject("relationship_types"))
                .isEqualTo(new JsonObject().put("WROTE_TO", 1).put("DESIGNED", 1));
        assertThat(statistics.getJsonObject("degrees")).isEqualTo(degrees);
        assertThat(statistics.getJsonArray("top_entities").getJsonObject(0).getString("name"))
                .isEqualTo("Charles Babbage");
        assertThat(statistics.getJsonObject("jobs").getLong("completed")).isEqualTo(1);
    }

    @Test
    void textWithoutSuppliedExtractionIsRead() {
        completed(caller.accepted(
                document("news", "Marie Curie worked at the University of Paris. Marie Curie was born in Warsaw.")));

        assertThat(found("Marie Curie").getString("name")).isEqualTo("Marie Curie");
        assertThat(rows.count(
                        "select count(*) from jobs.job_results r where r.workspace = ? and r.entities_extracted > 0",
                        workspace))
                .isEqualTo(1);
    }

    @Test
    void theSameContentAgainIsANoOp() {
        var first = caller.accepted(letter("letter"));
        completed(first);
        var before = contributions();

        var again = completed(caller.accepted(letter("letter").put("metadata", new JsonObject().put("try", 2))));

        assertThat(again.getString("follows")).isEqualTo(first.toString());
        assertThat(again.getInteger("chunks_processed")).isEqualTo(1);
        assertThat(contributions()).isEqualTo(before);
        assertThat(documents()).containsExactly("letter | " + first);
    }

    @Test
    void theSameContentInOneRequestEndsAsTheFirstDoes() {
        var jobs = caller.acceptedAll(List.of(letter("letter"), letter("letter"), letter("letter")));

        allCompleted(jobs);
        assertThat(rows.count(
                        "select count(*) from jobs.chunks c join jobs.documents d using (document_id) where d.workspace = ?",
                        workspace))
                .isEqualTo(1);
        assertThat(found("Ada Lovelace").getLong("mentions")).isEqualTo(1);
    }

    @Test
    void theSameChunksInAnotherVersionAreNotExtractedTwice() {
        var jobs = caller.acceptedAll(List.of(letter("letter"), letter("letter").put("content_type", "text/markdown")));

        allCompleted(jobs);
        assertThat(documents()).containsExactly("letter | " + jobs.getLast());
        assertThat(found("Ada Lovelace").getLong("mentions")).isEqualTo(1);
    }

    @Test
    void changedContentMakesANewVersion() {
        var stays = IntStream.rangeClosed(1, 6)
                .mapToObj(i -> paragraph("wheel " + i, 6))
                .toList();
        var text = String.join("\n\n", stays);
        var first = caller.accepted(document("page", text));
        var firstJob = completed(first);
        var chunksBefore = chunkIds();

        var second = caller.accepted(document("page", text + "\n\nMarie Curie was born in Warsaw."));
        completed(second);

        assertThat(chunkIds()).isNotEqualTo(chunksBefore).containsAnyElementsOf(chunksBefore);
        assertThat(rows.list("select d.job_id, d.version > 0 from jobs.documents d where d.workspace = ?", workspace))
                .containsExactly(second + " | t");
        assertThat(caller.job(first)).isEqualTo(firstJob);
        assertThat(found("Marie Curie").getLong("mentions")).isEqualTo(1);
        assertThat(rows.count("""
                        select count(*)
                        from unnest((select chunk_ids from jobs.documents where workspace = ?)) c (chunk_id)
                        left join lightrag.chunk_extractions x on x.chunk_id = c.chunk_id
                        where x.chunk_id is null
                        """, workspace))
                .as("chunks of the new version that were not extracted")
                .isZero();
    }

    @Test
    void contentOfAFailedVersionIsTakenAgain() {
        loseChunksThatSay("wheelwright");
        var lost = caller.accepted(document("page", "The wheelwright met Marie Curie in Warsaw."));
        var failed = ended(lost);
        assertThat(failed.getString("status")).isEqualTo("failed");
        loseNoChunks();

        var again = completed(caller.accepted(document("page", "The wheelwright met Marie Curie in Warsaw.")));

        assertThat(again.getString("follows")).isNull();
        assertThat(found("Marie Curie").getLong("mentions")).isEqualTo(1);
        assertThat(caller.job(lost).getString("status")).isEqualTo("failed");
    }

    @Test
    void mentionsThatTheGraphLostComeWhenTheContentIsPostedAgain() {
        rows.execute("alter table lightrag.entity_mentions add constraint trap check (name <> 'Charles Babbage')");
        var lost = ended(caller.accepted(letter("letter")));
        assertThat(lost.getString("status")).isEqualTo("failed");
        // It may be in a partition that is behind the one whose dead letter ended the job.
        patiently()
                .untilAsserted(() ->
                        assertThat(found("Ada Lovelace").getLong("mentions")).isEqualTo(1));
        rows.execute("alter table lightrag.entity_mentions drop constraint trap");

        completed(caller.accepted(letter("letter")));

        for (var name : List.of("Ada Lovelace", "Charles Babbage", "Analytical Engine")) {
            assertThat(found(name).getLong("mentions")).as(name).isEqualTo(1);
        }
        statisticsOf(3, 2);
    }

    @Test
    void aDeadLetterFailsItsJobAndSaysWhy() {
        loseChunksThatSay("cooper");
        var lost = caller.accepted(document("lost", "The cooper met Marie Curie in Warsaw."));
        var kept = caller.accepted(document("kept", "Marie Curie was born in Warsaw."));

        var failed = ended(lost);
        loseNoChunks();

        assertThat(failed.getString("status")).isEqualTo("failed");
        assertThat(failed.getString("error_message")).contains("is in the log, but not stored");
        completed(kept);
        assertThat(deadLetters("chunks")).hasSize(1).allMatch(reason -> reason.contains("not stored"));
        assertThat(rows.list("select kind from events.events where subject = ?", lost.toString()))
                .containsExactly("job.failed");
        assertThat(statistics(found -> found.getJsonObject("jobs").getLong("failed") == 1)
                        .getJsonObject("jobs")
                        .getLong("completed"))
                .isEqualTo(1);
    }

    /** Makes records whose chunk is not there, as after a restore from an old backup. */
    private static void loseChunksThatSay(String word) {
        rows.execute("create or replace function public.lose() returns trigger language plpgsql as "
                + "'begin if position(tg_argv[0] in new.content) > 0 then return null; end if; return new; end'");
        rows.execute("create trigger lose before insert on jobs.chunks for each row execute function public.lose('"
                + word + "')");
    }

    private static void loseNoChunks() {
        rows.execute("drop trigger lose on jobs.chunks");
    }

    @Test
    void aRecordThatIsNoDocumentGoesToTheDeadLetters() {
        append("documents", workspace + "/poison", "this is no document");
        append("chunks", workspace + "/poison", "{\"chunk\": 7}");
        append("mentions", workspace + "/poison", "[]");
        append("changes", workspace, "nothing that changed");

        for (var topic : List.of("documents", "chunks", "mentions", "changes")) {
            patiently().untilAsserted(() -> assertThat(deadLetters(topic)).hasSize(1));
        }
        completed(caller.accepted(letter("letter")));
        statisticsOf(3, 2);
    }

    @Test
    void aRecordWhoseReasonHasANulGoesToTheDeadLetters() {
        append("documents", workspace + "/poison", "\u0000");
        append("chunks", workspace + "/poison", "{\"job\": \"\\u0000\", \"chunk\": \"\\u0000\"}");
        append("mentions", workspace + "/poison", "{\"kind\": \"\\u0000\", \"at\": \"\\u0000\"}");

        for (var topic : List.of("documents", "chunks", "mentions")) {
            patiently().untilAsserted(() -> assertThat(deadLetters(topic)).hasSize(1));
        }
    }

    /** Appends to the first partition, whatever the key. */
    private static void append(String topic, String key, String value) {
        var bytes = value.getBytes(StandardCharsets.UTF_8);
        rows.execute("""
                select stream.append(t.topic_id, 0, gen_random_uuid(), ?, array[?::bytea], array[?::bytea], null, 9223372036854775807)
                from stream.topics t
                where t.name = ?
                """, bytes.length, key.getBytes(StandardCharsets.UTF_8), bytes, topic);
    }

    /** Reasons of the dead letters of this workspace. */
    private List<String> deadLetters(String topic) {
        return rows.list("""
                select encode(b.headers[i], 'escape')
                from stream.batches b
                join stream.topics t on t.topic_id = b.topic_id
                cross join lateral generate_subscripts(b.keys, 1) i
                where t.name = ? and convert_from(b.keys[i], 'UTF8') similar to ?
                """, topic + ".dead-letters", workspace + "(/%)?");
    }

    @Test
    void anArrayIsAllOrNothing() {
        var bad = document("second", CONTENT).put("contents", "a field that does not exist");

        var answer =
                caller.post(HttpCaller.JSON, new JsonArray(List.of(letter("first"), bad, letter("third"))).encode());

        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.body()).contains("/1/contents");
        assertThat(rows.count("select count(*) from jobs.job_status where workspace = ?", workspace))
                .isZero();

        allCompleted(caller.acceptedAll(List.of(letter("first"), letter("second"), letter("third"))));
        assertThat(found("Ada Lovelace").getLong("mentions")).isEqualTo(3);
    }

    @Test
    void aBadLineSpoilsNoOther() {
        var body = new ByteArrayOutputStream();
        for (var i = 0; i < 40; i++) {
            body.writeBytes(line(i));
            body.write('\n');
        }

        var answer = caller.post(HttpCaller.NDJSON, body.toByteArray());

        assertThat(answer.status()).isEqualTo(200);
        var lines = answer.lines();
        assertThat(lines)
                .extracting(line -> line.getInteger("line"))
                .isEqualTo(IntStream.rangeClosed(1, 40).boxed().toList());
        assertThat(lines.stream().map(line -> line.getInteger("status")).toList())
                .isEqualTo(IntStream.range(0, 40)
                        .mapToObj(i -> switch (i) {
                            case 7 -> 400;
                            case 13, 21 -> 422;
                            default -> 202;
                        })
                        .toList());
        allCompleted(lines.stream()
                .filter(line -> line.containsKey("job_id"))
                .map(line -> UUID.fromString(line.getString("job_id")))
                .toList());
        assertThat(found("Ada Lovelace").getLong("mentions")).isEqualTo(37);
    }

    private static byte[] line(int i) {
        var text = letter("letter " + i).encode();
        return switch (i) {
            case 7 -> text.replace("letter 7", "letter \u00ff").getBytes(StandardCharsets.ISO_8859_1);
            case 13 -> text.replace("letter 13", "letter \\u0000").getBytes(StandardCharsets.UTF_8);
            case 21 -> letter("letter").put("source_uri", 21).encode().getBytes(StandardCharsets.UTF_8);
            // What PostgreSQL might refuse, in the same flush as its neighbours.
            case 30 ->
                text.replace("\"content\"", "\"metadata\":{\"n\":1e-400,\"m\":12345678901234567890},\"content\"")
                        .getBytes(StandardCharsets.UTF_8);
            default -> text.getBytes(StandardCharsets.UTF_8);
        };
    }

    @Test
    void metadataThatPostgresqlCannotHoldSpoilsNoOther() {
        var huge = letter("huge").encode().replace("\"content\"", "\"metadata\":{\"n\":1e200000},\"content\"");

        var answer = caller.post(
                HttpCaller.NDJSON,
                letter("before").encode() + "\n" + huge + "\n" + letter("after").encode());

        assertThat(answer.lines()).extracting(line -> line.getInteger("status")).containsExactly(202, 422, 202);
    }

    @Test
    void brokenTextIsRefusedAtTheDoor() {
        var latin1 = caller.post(HttpCaller.JSON, letter("caf\u00e9").encode().getBytes(StandardCharsets.ISO_8859_1));
        var nul = caller.post(HttpCaller.JSON, letter("letter").encode().replace("letter", "\\u0000"));
        var surrogate = caller.post(HttpCaller.JSON, letter("letter").encode().replace("letter", "\\ud800"));
        var twice = caller.post(HttpCaller.JSON, "{\"source_uri\":\"a\",\"source_uri\":\"b\",\"content\":\"c\"}");
        var type = caller.post("text/plain", CONTENT);

        assertThat(List.of(latin1.status(), nul.status(), surrogate.status(), twice.status(), type.status()))
                .containsExactly(400, 422, 422, 400, 415);
        assertThat(List.of(latin1.body(), nul.body(), surrogate.body(), twice.body()))
                .allMatch(body -> body.contains("\"type\""));
        assertThat(rows.count("select count(*) from jobs.job_status where workspace = ?", workspace))
                .isZero();
    }

    @Test
    void suppliedExtractionHangsOnTheChunkThatNamesIt() {
        var text = paragraph("wheel", 8) + "\n\n" + CONTENT + "\n\n" + paragraph("stone", 8) + "\n\n"
                + "Grace Hopper found a moth.";
        completed(caller.accepted(document(
                "book",
                text,
                List.of(entity("Grace Hopper", "PERSON"), entity("Ada Lovelace", "PERSON"), entity("Nobody", "PERSON")),
                List.of(relationship("Ada Lovelace", "WROTE_TO", "Charles Babbage")))));

        assertThat(chunkIds()).hasSizeGreaterThan(2);
        assertThat(rows.list("""
                        select e.name, array_position(d.chunk_ids, m.chunk_id) = 1, position(e.name in c.content) > 0
                        from lightrag.entity_mentions m
                        join lightrag.entity_state e on e.id = m.entity_id
                        join jobs.chunks c on c.chunk_id = m.chunk_id
                        join jobs.documents d on d.document_id = c.document_id
                        where e.workspace = ?
                        order by e.name
                        """, workspace))
                .containsExactly(
                        "Ada Lovelace | f | t", "Charles Babbage | f | t", "Grace Hopper | f | t", "Nobody | t | f");
    }

    @Test
    void aPageWithoutTextKeepsItsSuppliedEntities() {
        completed(caller.accepted(document("empty", "<p> </p>", List.of(entity("Ada Lovelace", "PERSON")), List.of())
                .put("content_type", "text/html")));

        assertThat(found("Ada Lovelace").getLong("mentions")).isEqualTo(1);
    }

    /** Or a batch of a few hundred such chunks would not fit the heap that is there for it. */
    @Test
    void aChunkThatBringsMuchSaysSoInTheLog() {
        var many = IntStream.range(0, 300)
                .mapToObj(i -> entity("Entity " + i, "THING").put("description", "d".repeat(200)))
                .toList();
        completed(caller.accepted(letter("letter")));
        completed(caller.accepted(document("large", CONTENT, many, List.of())));

        assertThat(rows.list("""
                        select convert_from(stream.header(headers, 'millrace-loads'), 'UTF8')::int between 60000 and 200000
                        from stream.records
                        where topic = 'chunks' and convert_from(key, 'UTF8') like ?
                        order by "timestamp", "offset"
                        """, workspace + "%")).containsExactly("null", "t");
    }

    @Test
    void aTitleMayRepeatAWord() {
        completed(caller.accepted(
                document("novel", "# The Old Man and the Sea\n\nErnest Hemingway wrote the book in Cuba.\n")
                        .put("content_type", "text/markdown")));

        assertThat(found("Ernest Hemingway").getLong("mentions")).isEqualTo(1);
    }

    @Test
    void aDocumentWithoutAnythingCompletes() {
        var job = completed(caller.accepted(document("empty", "<p> </p>").put("content_type", "text/html")));

        assertThat(job.getInteger("chunks_total")).isZero();
    }

    @Test
    void workspacesAreSeparate() {
        var other = pod.caller(workspace + "-other");
        var here = caller.accepted(letter("letter"));
        completed(here);
        var there = other.accepted(letter("letter"));
        patiently().until(() -> isEnded(other.job(there)));

        assertThat(caller.get("/v1/jobs/" + there).status()).isEqualTo(404);
        assertThat(other.get("/v1/jobs/" + here).status()).isEqualTo(404);
        assertThat(found("Ada Lovelace").getLong("mentions")).isEqualTo(1);
        assertThat(other.get("/v1/graph/entities/" + found("Ada Lovelace").getString("id"))
                        .status())
                .isEqualTo(404);
        assertThat(documents()).containsExactly("letter | " + here);
    }

    @Test
    void healthTellsHowThePodIs() {
        assertThat(caller.get("/health/live").json().getString("status")).isEqualTo("UP");
        patiently().until(() -> caller.get("/health/ready").status() == 200);
        var detailed = caller.get("/health/detailed").json();
        assertThat(detailed.getString("status")).isEqualTo("UP");
        assertThat(detailed.getJsonObject("database").getDouble("latency_ms")).isPositive();
        assertThat(detailed.getJsonObject("database")
                        .getJsonObject("connections")
                        .getInteger("max"))
                .isEqualTo(20);
        assertThat(IntStream.range(0, 4)
                        .mapToObj(i ->
                                detailed.getJsonArray("stages").getJsonObject(i).getString("stage")))
                .containsExactlyInAnyOrder("chunk", "extract", "graph", "stats");
        assertThat(caller.get("/metrics").body()).contains("millrace_records_total");
    }

    @Test
    void aStoppedPodOwnsNothingAndAnotherGoesOn() {
        try (var own = TestDatabase.create();
                var ownRows = new Rows(own)) {
            var first = FlowPod.start(own, Map.of());
            var jobs = first.caller(workspace)
                    .acceptedAll(IntStream.range(0, 50)
                            .mapToObj(i -> letter("letter " + i))
                            .toList());
            first.stop();

            assertThat(ownRows.count("select count(*) from stream.assignments where owner is not null"))
                    .isZero();
            assertThat(ownRows.count("select count(*) from stream.members")).isZero();
            assertThat(ownRows.count("select count(*) from stream.assignments where unclean_claims > 0"))
                    .isZero();

            try (var second = FlowPod.start(own, Map.of())) {
                var next = second.caller(workspace);
                patiently().until(() -> jobs.stream().allMatch(job -> isEnded(next.job(job))));
                assertThat(ownRows.list("select status, count(*) from jobs.job_status group by 1"))
                        .containsExactly("completed | 50");
            }
        }
    }

    @Test
    void aJobWaitsForMentionsThatItsBatchAppendsForAnotherVersion() {
        try (var own = TestDatabase.create();
                var ownRows = new Rows(own);
                var withoutGraph = FlowPod.start(own, Map.of("MILLRACE_STAGES", "ingest,chunk,extract"))) {
            withoutGraph
                    .caller(workspace)
                    .acceptedAll(List.of(letter("letter"), letter("letter").put("content_type", "text/markdown")));

            patiently().untilAsserted(() -> assertThat(ownRows.list("""
                                    select true, (select max(e) from unnest(p.ends) e) > 0
                                    from jobs.progress p
                                    cross join lateral unnest(p.job_ids) j (job_id)
                                    where p.kind = 'extracted'
                                    """)).containsExactly("t | t", "t | t"));
        }
    }

    private List<String> documents() {
        return rows.list("select source_uri, job_id from jobs.documents where workspace = ?", workspace);
    }

    private List<String> chunkIds() {
        return rows.list("select unnest(chunk_ids) from jobs.documents where workspace = ?", workspace);
    }

    /** Everything of the graph of this workspace that a second effect would change. */
    private List<String> contributions() {
        return rows.list("""
                select e.name, e.mentions, e.evidence, e.in_degree, e.out_degree, m.chunk_id, m.occurrences
                from lightrag.entity_state e
                join lightrag.entity_mentions m on m.entity_id = e.id
                where e.workspace = ?
                order by 1, 6
                """, workspace);
    }
}
