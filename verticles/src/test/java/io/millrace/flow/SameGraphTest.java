package io.millrace.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pg.TestDatabase;
import io.millrace.verify.Check;
import io.millrace.verify.Verification;
import io.vertx.core.json.JsonObject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same documents come to the same graph, whichever way they come and whoever works on them. */
class SameGraphTest {

    private static final int DOCUMENTS = 150;
    private static final long SEED = 20_261_121;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String WORKSPACE = "same";

    /** Small chunks, so that small documents have several. */
    private static final Map<String, String> SETTINGS =
            Map.of("MILLRACE_CHUNK_MAX_TOKENS", "64", "MILLRACE_CHUNK_OVERLAP_TOKENS", "12");

    private static final List<JsonObject> CORPUS = Corpus.documents(SEED, DOCUMENTS);

    private static List<String> reference;

    @BeforeAll
    static void inOneStream() {
        reference = graph(List.of(Map.of()), pods -> post(pods.getFirst(), ndjson(CORPUS)));
        assertThat(count("entity: ")).isGreaterThan(10);
        assertThat(count("relationship: ")).isGreaterThan(20);
        assertThat(count("vote: ")).isGreaterThan(50);
        assertThat(count("chunk: ")).isGreaterThan(DOCUMENTS + 50);
    }

    private static long count(String prefix) {
        return reference.stream().filter(line -> line.startsWith(prefix)).count();
    }

    @Test
    void inArraysOfAnySizeAndInAnyOrder() {
        var random = new Random(1);
        var shuffled = shuffled(random);
        var graph = graph(List.of(Map.of()), pods -> {
            for (var from = 0; from < DOCUMENTS; ) {
                var to = Math.min(DOCUMENTS, from + 1 + random.nextInt(40));
                pods.getFirst().acceptedAll(shuffled.subList(from, to));
                from = to;
            }
        });

        assertThat(graph).isEqualTo(reference);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "3"})
    void overAnyNumberOfPartitions(String partitions) {
        var graph = graph(
                List.of(Map.of("MILLRACE_LOG_PARTITIONS", partitions)),
                pods -> post(pods.getFirst(), ndjson(shuffled(new Random(2)))));

        assertThat(graph).isEqualTo(reference);
    }

    @Test
    void overTwoPods() {
        var shuffled = shuffled(new Random(3));
        var graph = graph(
                List.of(Map.of(), Map.of()),
                pods -> IntStream.range(0, 15)
                        .parallel()
                        .forEach(i -> pods.get(i % 2).acceptedAll(shuffled.subList(i * 10, i * 10 + 10))));

        assertThat(graph).isEqualTo(reference);
    }

    @Test
    void withEverythingPostedTwice() {
        var twice = new ArrayList<>(CORPUS);
        twice.addAll(CORPUS);
        Collections.shuffle(twice, new Random(4));
        var graph = graph(List.of(Map.of()), pods -> {
            post(pods.getFirst(), ndjson(twice));
            post(pods.getFirst(), ndjson(CORPUS));
        });

        assertThat(graph).isEqualTo(reference);
    }

    @Test
    void withStagesSplitOverPods() {
        var graph = graph(
                List.of(
                        Map.of("MILLRACE_STAGES", "ingest,extract,stats"),
                        Map.of("MILLRACE_STAGES", "chunk"),
                        Map.of("MILLRACE_STAGES", "graph")),
                pods -> post(pods.getFirst(), ndjson(shuffled(new Random(5)))));

        assertThat(graph).isEqualTo(reference);
    }

    @Test
    void whilePodsComeAndGo() {
        var shuffled = shuffled(new Random(6));
        try (var database = TestDatabase.create();
                var rows = new Rows(database);
                var _ = start(database, Map.of())) {
            for (var i = 0; i < 3; i++) {
                try (var goes = start(database, Map.of())) {
                    post(goes.caller(WORKSPACE), ndjson(shuffled.subList(i * 50, i * 50 + 50)));
                }
            }

            assertThat(drainedGraph(rows)).isEqualTo(reference);
        }
    }

    /** The comparison is worth as much as what it notices. */
    @Test
    void oneMentionLessIsAnotherGraph() {
        try (var database = TestDatabase.create();
                var rows = new Rows(database);
                var pod = start(database, Map.of())) {
            post(pod.caller(WORKSPACE), ndjson(CORPUS));
            assertThat(drainedGraph(rows)).isEqualTo(reference);

            rows.execute(
                    "delete from lightrag.entity_mentions where ctid = (select min(ctid) from lightrag.entity_mentions)");

            assertThat(GraphDump.of(rows)).isNotEqualTo(reference);
        }
    }

    @FunctionalInterface
    private interface Client {
        void post(List<HttpCaller> pods);
    }

    /** The graph that pods with these settings make of what the client posts to them. */
    private static List<String> graph(List<Map<String, String>> pods, Client client) {
        try (var database = TestDatabase.create();
                var rows = new Rows(database)) {
            var started = new ArrayList<FlowPod>();
            try {
                pods.forEach(settings -> started.add(start(database, settings)));
                client.post(started.stream().map(pod -> pod.caller(WORKSPACE)).toList());
                return drainedGraph(rows);
            } finally {
                started.forEach(FlowPod::close);
            }
        }
    }

    private static FlowPod start(TestDatabase database, Map<String, String> settings) {
        var all = new HashMap<>(SETTINGS);
        all.putAll(settings);
        return FlowPod.start(database, all);
    }

    private static List<String> drainedGraph(Rows rows) {
        Drained.await(rows, PATIENCE);
        assertThat(rows.list("select distinct status from jobs.job_status")).containsExactly("completed");
        assertThat(differences(rows)).isEmpty();
        return GraphDump.of(rows);
    }

    private static List<Check> differences(Rows rows) {
        try {
            return Verification.run(rows.connection()).checks().stream()
                    .filter(check -> !check.clean())
                    .toList();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<JsonObject> shuffled(Random random) {
        var shuffled = new ArrayList<>(CORPUS);
        Collections.shuffle(shuffled, random);
        return shuffled;
    }

    private static String ndjson(List<JsonObject> documents) {
        return documents.stream().map(JsonObject::encode).collect(Collectors.joining("\n"));
    }

    private static void post(HttpCaller pod, String ndjson) {
        var answer = pod.post(HttpCaller.NDJSON, ndjson);
        assertThat(answer.lines()).allMatch(line -> line.getInteger("status") == 202);
    }
}
