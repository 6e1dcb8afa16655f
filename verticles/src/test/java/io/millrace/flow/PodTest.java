package io.millrace.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

/** A pod for the tests of a class, each in a workspace of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PodTest {

    private static final Set<String> ENDED = Set.of("completed", "failed");

    TestDatabase database;
    FlowPod pod;
    Rows rows;
    HttpCaller caller;
    Reads reads;
    String workspace;

    Map<String, String> settings() {
        return Map.of("MILLRACE_CHUNK_MAX_TOKENS", "64", "MILLRACE_CHUNK_OVERLAP_TOKENS", "8");
    }

    @BeforeAll
    void startPod() {
        database = TestDatabase.create();
        pod = FlowPod.start(database, settings());
        rows = new Rows(database);
    }

    @AfterAll
    void stopPod() {
        rows.close();
        pod.close();
        database.close();
    }

    @BeforeEach
    void openWorkspace(TestInfo test) {
        workspace = test.getTestMethod().orElseThrow().getName();
        caller = pod.caller(workspace);
        reads = pod.reads(workspace);
    }

    static ConditionFactory patiently() {
        return await().atMost(Duration.ofSeconds(60)).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20));
    }

    JsonObject ended(UUID job) {
        return patiently().until(() -> caller.job(job), found -> ENDED.contains(found.getString("status", "")));
    }

    JsonObject completed(UUID job) {
        var ended = ended(job);
        assertThat(ended.getString("status")).as(ended.encode()).isEqualTo("completed");
        return ended;
    }

    UUID completed(JsonObject document) {
        var job = caller.accepted(document);
        completed(job);
        return job;
    }

    void isRefused(String path, String parameter) {
        var answer = reads.get(path);
        assertThat(answer.code()).as(path + ": " + answer.body()).isEqualTo("400 invalid_parameter");
        assertThat(answer.json().getJsonObject("context").getString("parameter"))
                .as(path)
                .isEqualTo(parameter);
    }
}
