package io.millrace.flow;

import static io.millrace.flow.Posts.document;
import static io.millrace.flow.Posts.entity;
import static io.millrace.flow.Posts.relationship;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** What a client can say of its documents besides the documents: compressed, with a key, waiting. Two pods, one database. */
class WritingTest {

    private static final String KEY = "Idempotency-Key";
    private static final String REPLAYED = "Idempotency-Replayed";

    private static TestDatabase database;
    private static FlowPod pod;
    private static FlowPod otherPod;
    private static Rows rows;

    private String workspace;
    private DoorClient client;
    private DoorClient otherClient;

    @BeforeAll
    static void startPods() {
        database = TestDatabase.create();
        pod = FlowPod.start(database, Map.of("MILLRACE_HTTP_MAX_WAIT", "20s", "MILLRACE_DATABASE_LOCK_TIMEOUT", "8s"));
        otherPod = FlowPod.start(database, Map.of("MILLRACE_STAGES", "ingest"));
        rows = new Rows(database);
    }

    @AfterAll
    static void stopPods() {
        rows.close();
        otherPod.close();
        pod.close();
        database.close();
    }

    @BeforeEach
    void openWorkspace(TestInfo test) {
        workspace = test.getTestMethod().orElseThrow().getName();
        client = new DoorClient(pod.base(), workspace);
        otherClient = new DoorClient(otherPod.base(), workspace);
    }

    private static JsonObject letter(int number) {
        return document(
                "letter " + number,
                "Letter " + number + " tells of mills.",
                List.of(entity("Mill " + number, "PLACE")),
                List.of());
    }

    private static List<JsonObject> letters(int count) {
        return IntStream.range(0, count).mapToObj(WritingTest::letter).toList();
    }

    private long jobs() {
        return rows.count("select count(*) from jobs.job_status where workspace = ?", workspace);
    }

    /** Documents of this workspace in the log. */
    private long appended() {
        return rows.count("""
                select count(*)
                from stream.batches b
                join stream.topics t on t.topic_id = b.topic_id
                cross join lateral unnest(b.keys) k (key)
                where t.name = 'documents' and starts_with(convert_from(k.key, 'UTF8'), ? || '/')
                """, workspace);
    }

    @Test
    void compressedBodiesAreTakenAsWhatTheyStandFor() {
        var one = client.post(
                "/v1/documents",
                DoorClient.gzip(letter(1).encode()),
                "Content-Type",
                "application/json",
                "Content-Encoding",
                "gzip");
        var array = client.post(
                "/v1/documents",
                DoorClient.deflate(new JsonArray(letters(3)).encode()),
                "Content-Type",
                "application/json; charset=utf-8",
                "Content-Encoding",
                "deflate");

        assertThat(List.of(one.status(), array.status()))
                .as(one.body() + array.body())
                .containsExactly(202, 202);
        assertThat(array.jobIds()).hasSize(3);
        assertThat(jobs()).isEqualTo(4);
    }

    @Test
    void aCompressedStreamIsReadLineByLine() {
        var lines = String.join(
                "\n", letters(3_000).stream().map(JsonObject::encode).toList());

        var answer = client.post(
                "/v1/documents",
                DoorClient.gzip(lines),
                "Content-Type",
                "application/x-ndjson",
                "Content-Encoding",
                "gzip");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.lineStatuses()).hasSize(3_000).containsOnly(202);
        assertThat(appended()).isEqualTo(3_000);
    }

    @Test
    void aStreamThatBreaksKeepsTheLinesBeforeAndSaysWhere() {
        var whole = DoorClient.gzip(
                String.join("\n", letters(500).stream().map(JsonObject::encode).toList()));
        var cut = Arrays.copyOf(whole, whole.length - 20);

        var answer =
                client.post("/v1/documents", cut, "Content-Type", "application/x-ndjson", "Content-Encoding", "gzip");

        var lines = answer.body().lines().map(JsonObject::new).toList();
        var last = lines.getLast();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(last.getInteger("status")).isEqualTo(400);
        assertThat(last.getJsonObject("problem").getString("code")).isEqualTo("broken_content_encoding");
        assertThat(last.getInteger("line")).isEqualTo(lines.size());
        assertThat(jobs()).isEqualTo(lines.size() - 1).isPositive();
    }

    @Test
    void aRepeatUnderItsKeyGetsTheSameAnswer() {
        for (var documents : List.of(letters(1), letters(5))) {
            var key = "key of " + documents.size();
            var first = client.documents(documents, KEY, key.replace(' ', '-'));
            var before = appended();
            var again = client.documents(documents, KEY, key.replace(' ', '-'));
            var elsewhere = otherClient.documents(documents, KEY, key.replace(' ', '-'));

            assertThat(first.status()).as(first.body()).isEqualTo(202);
            assertThat(first.header(REPLAYED)).isEmpty();
            for (var repeat : List.of(again, elsewhere)) {
                assertThat(repeat.status()).isEqualTo(202);
                assertThat(repeat.body()).isEqualTo(first.body());
                assertThat(repeat.header(REPLAYED)).isEqualTo("true");
            }
            assertThat(appended()).isEqualTo(before);
        }
    }

    @Test
    void metadataMayChangeInARepeat() {
        var first = client.document(letter(1).put("metadata", new JsonObject().put("try", 1)), KEY, "k");
        var again = client.document(letter(1).put("metadata", new JsonObject().put("try", 2)), KEY, "k");

        assertThat(again.jobIds()).isEqualTo(first.jobIds());
        assertThat(again.header("Location"))
                .isEqualTo(first.header("Location"))
                .endsWith(first.jobIds().getFirst());
        assertThat(client.job(first.job()).getJsonObject("metadata")).isEqualTo(new JsonObject().put("try", 1));
    }

    @Test
    void anotherRequestUnderTheKeyIsRefused() {
        assertThat(client.documents(letters(3), KEY, "k").status()).isEqualTo(202);
        var before = appended();

        var others = List.of(
                client.documents(letters(2), KEY, "k"),
                client.documents(letters(4), KEY, "k"),
                client.documents(letters(3).reversed(), KEY, "k"),
                client.document(letter(0), KEY, "k"),
                client.documents(List.of(letter(0), letter(1), letter(2).put("content", "other")), KEY, "k"),
                client.documents(List.of(letter(0), letter(1), letter(2).put("source_uri", "other")), KEY, "k"),
                client.documents(List.of(letter(0), letter(1), letter(2).put("job_type", "other")), KEY, "k"),
                otherClient.documents(letters(4), KEY, "k"));

        assertThat(others).extracting(DoorClient.Answer::status).containsOnly(422);
        assertThat(others).extracting(DoorClient.Answer::code).containsOnly("idempotency_key_reused");
        assertThat(appended()).isEqualTo(before).isEqualTo(3);
        assertThat(jobs()).isEqualTo(3);
        assertThat(client.documents(letters(3), KEY, "k").header(REPLAYED)).isEqualTo("true");
    }

    @Test
    void aKeyBelongsToItsWorkspace() {
        var here = client.document(letter(1), KEY, "k");
        var there = new DoorClient(pod.base(), workspace + "-other").document(letter(2), KEY, "k");

        assertThat(there.status()).isEqualTo(202);
        assertThat(there.jobIds()).isNotEqualTo(here.jobIds());
    }

    @Test
    void concurrentRepeatsOnTwoPodsMakeOneSetOfJobs() {
        for (var round = 0; round < 20; round++) {
            var key = "round-" + round;
            var documents = letters(4);
            var answers = Stream.of(client, otherClient, client, otherClient, otherClient, client)
                    .map(at -> CompletableFuture.supplyAsync(() -> at.documents(documents, KEY, key)))
                    .toList()
                    .stream()
                    .map(CompletableFuture::join)
                    .toList();

            var accepted =
                    answers.stream().filter(answer -> answer.status() == 202).toList();
            assertThat(accepted).isNotEmpty();
            assertThat(accepted)
                    .extracting(DoorClient.Answer::jobIds)
                    .containsOnly(accepted.getFirst().jobIds());
            assertThat(accepted.stream()
                            .filter(answer -> answer.header(REPLAYED).isEmpty()))
                    .hasSize(1);
            assertThat(answers.stream().filter(answer -> answer.status() != 202))
                    .allMatch(answer -> answer.status() == 409
                            && answer.code().equals("idempotency_key_in_flight")
                            && !answer.header("Retry-After").isEmpty());
        }
        assertThat(jobs()).isEqualTo(80);
        assertThat(appended()).isEqualTo(80);
    }

    @Test
    void aKeyWhoseRequestIsUnderWayIsInFlight() throws Exception {
        try (var blocker = database.connect();
                var statement = blocker.createStatement()) {
            blocker.setAutoCommit(false);
            statement.execute("lock table jobs.job_status in share row exclusive mode");
            var first = CompletableFuture.supplyAsync(() -> client.document(letter(1), KEY, "k"));
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> rows.count("select count(*) from pg_stat_activity where datname = current_database()"
                                    + " and wait_event_type = 'Lock' and query like '%insert into jobs.job_status%'")
                            > 0);

            assertThat(client.document(letter(1), KEY, "k").code()).isEqualTo("idempotency_key_in_flight");
            assertThat(otherClient.document(letter(1), KEY, "k").status()).isEqualTo(409);
            blocker.rollback();

            assertThat(first.join().status()).isEqualTo(202);
            assertThat(otherClient.document(letter(1), KEY, "k").body())
                    .isEqualTo(first.join().body());
        }
    }

    @Test
    void whoWaitsIsAnsweredWhenTheJobsHaveEnded() {
        for (var at : List.of(client, otherClient)) {
            var answer = at.documents(letters(3), "Prefer", "respond-async, wait=20", KEY, "k");

            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.header("Preference-Applied")).isEqualTo("wait=20");
            assertThat(answer.jobs())
                    .extracting(job -> job.getString("source_uri") + " " + job.getString("status"))
                    .containsExactly("letter 0 completed", "letter 1 completed", "letter 2 completed");
        }
    }

    @Test
    void whoWaitsInVainIsToldHowFarItHasCome() throws Exception {
        try (var blocker = database.connect();
                var statement = blocker.createStatement()) {
            statement.execute("select pg_advisory_lock(hashtextextended('jobs.sweep', 0))");
            var answer = client.document(letter(1), "Prefer", "wait=1");
            var asked = client.document(letter(2), "Prefer", "wait=0");
            var nonsense = client.document(letter(3), "Prefer", "wait=soon, unheard=of");

            assertThat(answer.status()).isEqualTo(202);
            assertThat(answer.header("Preference-Applied")).isEqualTo("wait=1");
            assertThat(answer.jobs().getFirst().getString("status")).isEqualTo("queued");
            assertThat(List.of(asked.header("Preference-Applied"), nonsense.header("Preference-Applied")))
                    .containsOnly("");
        }
        assertThat(client.document(letter(1), "Prefer", "wait=99999").header("Preference-Applied"))
                .isEqualTo("wait=20");
    }

    @Test
    void markupAndStatementsAreTextInEveryField() {
        var evil = "<script>alert(1)</script>'; drop table jobs.job_status; -- \" onload=\"x ${jndi:ldap://x} %0d%0a";
        var sent = document(
                        "https://x/" + evil,
                        evil + " is what " + evil + " says.",
                        List.of(entity(evil, evil).put("description", evil), entity("Plain", "T")),
                        List.of(relationship(evil, evil, "Plain").put("description", evil)))
                .put("job_type", evil.substring(0, 50))
                .put("metadata", new JsonObject().put(evil, evil));

        var answer = client.document(sent, "Prefer", "wait=20");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        var job = answer.job();

        var read = client.get("/v1/jobs/" + job, "text/html,*/*");
        assertThat(read.header("Content-Type")).isEqualTo("application/json");
        assertThat(read.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(read.json().getString("status")).as(read.body()).isEqualTo("completed");
        assertThat(read.json().getString("source_uri")).isEqualTo(sent.getString("source_uri"));
        assertThat(read.json().getString("job_type")).isEqualTo(sent.getString("job_type"));
        assertThat(read.json().getJsonObject("metadata")).isEqualTo(sent.getJsonObject("metadata"));
        assertThat(rows.list("""
                        select e.name, e.entity_type, e.description
                        from lightrag.entities e
                        where e.workspace = ? and e.name <> 'Plain'
                        """, workspace)).containsExactly(evil + " | " + evil + " | " + evil);
        assertThat(rows.list("""
                        select r.relationship_type, r.description
                        from lightrag.relationships r
                        where r.workspace = ?
                        """, workspace)).containsExactly(evil + " | " + evil);
        assertThat(rows.list("select r.content from jobs.job_results r where r.workspace = ?", workspace))
                .containsExactly(sent.getString("content"));
    }

    @Test
    void eachProblemHasAPageForPeopleAndForPrograms() {
        var all = client.get("/problems", "application/json").json().getJsonArray("problems");
        assertThat(all).hasSizeGreaterThan(30);
        var found = new ArrayList<String>();
        for (var problem : all) {
            var code = ((JsonObject) problem).getString("code");
            var page = client.get("/problems/" + code, "text/html,application/xhtml+xml,*/*;q=0.8");
            assertThat(page.status()).isEqualTo(200);
            assertThat(page.header("Content-Type")).isEqualTo("text/html; charset=utf-8");
            assertThat(page.body()).contains("<h1>").contains(code).contains("What to do");
            found.add(code);
        }
        assertThat(found)
                .contains("idempotency_key_reused", "unauthenticated", "forbidden")
                .doesNotHaveDuplicates();
        assertThat(client.get("/problems", "text/html").body()).contains("/problems/overloaded");
    }

    @Test
    void aPodThatIsBehindSaysWhenToComeBack() {
        try (var own = TestDatabase.create();
                var behind = FlowPod.start(own, Map.of("MILLRACE_STAGES", "ingest", "MILLRACE_INGEST_MAX_LAG", "5"))) {
            var caller = new DoorClient(behind.base(), workspace);
            assertThat(caller.documents(letters(20)).status()).isEqualTo(202);
            var refused = await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> caller.document(letter(1)), answer -> answer.status() != 202);

            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.code()).isEqualTo("overloaded");
            // Nothing has ended yet, so that the best guess is as long again as it has lasted.
            assertThat(refused.json().getInteger("retry_after_seconds")).isBetween(1, 20);
            assertThat(refused.header("Retry-After"))
                    .isEqualTo(refused.json().getInteger("retry_after_seconds").toString());
        }
    }

    @Test
    void aCancelledJobIsNotToBeFoundInAnotherWorkspace() {
        var job = client.document(letter(1)).job();
        assertThat(new DoorClient(pod.base(), workspace + "-other").cancel(job).status())
                .isEqualTo(404);
        assertThat(client.cancel(UUID.randomUUID()).status()).isEqualTo(404);
    }
}
