package io.millrace.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pg.Database;
import io.millrace.pg.DatabaseSettings;
import io.millrace.pg.TestDatabase;
import io.millrace.stream.GroupStore;
import io.millrace.stream.Log;
import io.millrace.stream.Retention;
import io.millrace.verify.Check;
import io.millrace.verify.Verification;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Work that is done again, and a log whose beginning is gone, come to the graph of pods that never knew of either. */
class ReplayTest {

    static final int DOCUMENTS = 90;
    static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String WORKSPACE = "replayed";
    static final List<JsonObject> CORPUS = Corpus.documents(20_261_122, DOCUMENTS);
    private static final Set<String> BUILT_IN = Set.of("chunk", "extract", "graph", "stats");

    private static List<String> reference;

    @BeforeAll
    static void withoutASeek() {
        reference = undisturbed();
        assertThat(reference).hasSizeGreaterThan(500);
    }

    /** What the documents come to when nothing is done twice, dropped or made anew. */
    static List<String> undisturbed() {
        try (var database = TestDatabase.create();
                var rows = new Rows(database);
                var pod = start(database, Map.of())) {
            post(pod, CORPUS);
            return drainedGraph(rows);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"chunk", "extract", "graph", "stats", "chunk extract graph stats"})
    void groupsThatReadEverythingAgainWhileDocumentsArriveChangeNothing(String groups) throws InterruptedException {
        try (var database = TestDatabase.create();
                var rows = new Rows(database);
                var pod = start(database, Map.of())) {
            post(pod, CORPUS.subList(0, DOCUMENTS / 2));
            var posting = Thread.startVirtualThread(
                    () -> CORPUS.subList(DOCUMENTS / 2, DOCUMENTS).forEach(document -> post(pod, List.of(document))));
            for (var i = 0; i < 3; i++) {
                for (var group : groups.split(" ", -1)) {
                    seek(pod, group, "to=begin");
                }
            }
            posting.join();
            for (var group : groups.split(" ", -1)) {
                seek(pod, group, "to=begin");
            }

            assertThat(drainedGraph(rows)).isEqualTo(reference);
        }
    }

    @Test
    void whatWasSkippedIsMadeUpForWhenTheGroupGoesBack() {
        try (var database = TestDatabase.create();
                var rows = new Rows(database)) {
            try (var pod = start(database, Map.of("MILLRACE_STAGES", "ingest,chunk,extract,graph"))) {
                post(pod, CORPUS.subList(0, DOCUMENTS / 2));
                awaitJobs(rows);
                seek(pod, "stats", "to=end&allow_skip=true");
            }
            try (var pod = start(database, Map.of())) {
                post(pod, CORPUS.subList(DOCUMENTS / 2, DOCUMENTS));
                Drained.await(rows, PATIENCE);
                assertThat(differences(rows))
                        .as("statistics that skipped half of the changes")
                        .extracting(Check::name)
                        .contains("counters");

                seek(pod, "stats", "to=begin");

                assertThat(drainedGraph(rows)).isEqualTo(reference);
            }
        }
    }

    @Test
    void aLogWhoseBeginningWasDroppedLeavesEverythingElseAsItIs() throws Exception {
        try (var database = TestDatabase.create();
                var rows = new Rows(database);
                var pod = start(database, Map.of())) {
            post(pod, CORPUS.subList(0, DOCUMENTS / 2));
            Drained.await(rows, PATIENCE);
            rows.list("select stream.create_segment(topic_id, clock_timestamp()) from stream.topics");
            post(pod, CORPUS.subList(DOCUMENTS / 2, DOCUMENTS));
            Drained.await(rows, PATIENCE);

            var retired = retain(database);
            assertThat(retired.raised()).isGreaterThan(30);
            assertThat(differences(rows)).as("retired, not yet dropped").isEmpty();
            assertThat(retain(database).dropped()).isGreaterThanOrEqualTo(5);
            assertThat(rows.count("select count(*) from stream.partitions where floor_offset > 0"))
                    .isGreaterThan(20);
            for (var group : List.of("chunk", "extract", "graph", "stats")) {
                seek(pod, group, "to=begin");
            }

            assertThat(drainedGraph(rows)).isEqualTo(reference);
            assertThat(pod.reads(WORKSPACE)
                            .get("/v1/topics/documents/records?partition=0&offset=0")
                            .status())
                    .isIn(400, 410);
        }
    }

    @Test
    void aGroupIsAddedBesideTheOthersAndReadsFromTheBeginning() throws Exception {
        try (var database = TestDatabase.create();
                var rows = new Rows(database);
                var pod = start(database, Map.of())) {
            post(pod, CORPUS);
            Drained.await(rows, PATIENCE);
            var vertx = Vertx.vertx();
            try {
                var client = new Database(vertx, settings(database));
                var topic = get(new Log(client).topic("changes"));
                get(new GroupStore(client).createGroup("webhooks", topic));
            } finally {
                get(vertx.close());
            }

            assertThat(rows.list("select distinct committed_offset from stream.lag where \"group\" = 'webhooks'"))
                    .containsExactly("0");
            assertThat(rows.count("select sum(lag) from stream.lag where \"group\" = 'webhooks'"))
                    .isEqualTo(rows.count("select count(*) from stream.records where topic = 'changes'"))
                    .isPositive();
            assertThat(differences(rows)).isEmpty();
        }
    }

    static Retention.Run retain(TestDatabase database) throws Exception {
        var vertx = Vertx.vertx();
        try {
            var kept = Duration.ofMillis(1);
            var settings =
                    new Retention.Settings(kept, kept, kept, Duration.ofDays(1), Duration.ZERO, Duration.ofMinutes(1));
            var retention = new Retention(
                    new Database(vertx, settings(database)), settings, Duration.ofSeconds(10), BUILT_IN, run -> {});
            return get(retention.runOnce());
        } finally {
            get(vertx.close());
        }
    }

    private static DatabaseSettings settings(TestDatabase database) {
        return database.settings(
                database.port(),
                new DatabaseSettings.PoolSettings(
                        2,
                        100,
                        Duration.ofSeconds(10),
                        Duration.ofHours(1),
                        Duration.ofMinutes(10),
                        Duration.ofSeconds(4)));
    }

    private static <T> T get(io.vertx.core.Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    static FlowPod start(TestDatabase database, Map<String, String> settings) {
        var all = new HashMap<>(Map.of("MILLRACE_CHUNK_MAX_TOKENS", "64", "MILLRACE_CHUNK_OVERLAP_TOKENS", "12"));
        all.putAll(settings);
        return FlowPod.start(database, all);
    }

    private static void seek(FlowPod pod, String group, String to) {
        var answer = pod.reads(WORKSPACE).post("/v1/groups/" + group + "/seek?" + to, new JsonObject());
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
    }

    private static void awaitJobs(Rows rows) {
        org.awaitility.Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> rows.count("select count(*) from jobs.job_status where completed_at is null") == 0);
    }

    static List<String> drainedGraph(Rows rows) {
        Drained.await(rows, PATIENCE);
        assertThat(rows.list("select distinct status from jobs.job_status")).containsExactly("completed");
        assertThat(differences(rows)).isEmpty();
        return GraphDump.of(rows);
    }

    static List<Check> differences(Rows rows) {
        try {
            return Verification.run(rows.connection()).checks().stream()
                    .filter(check -> !check.clean())
                    .toList();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    static void post(FlowPod pod, List<JsonObject> documents) {
        var answer = pod.caller(WORKSPACE)
                .post(
                        HttpCaller.NDJSON,
                        documents.stream().map(JsonObject::encode).collect(Collectors.joining("\n")));
        assertThat(answer.lines()).allMatch(line -> line.getInteger("status") == 202);
    }
}
