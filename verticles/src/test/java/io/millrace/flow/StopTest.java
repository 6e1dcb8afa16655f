package io.millrace.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.vertx.core.json.JsonObject;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What clients feel of a pod that is told to stop. */
class StopTest {

    private static final JsonObject DOCUMENT =
            new JsonObject().put("source_uri", "a").put("content", "Ada Lovelace knew Charles Babbage.");

    private final TestDatabase database = TestDatabase.create();
    private FlowPod pod;
    private Rows rows;
    private DoorClient client;

    @BeforeEach
    void startPod() {
        pod = FlowPod.start(database, Map.of("MILLRACE_DATABASE_LOCK_TIMEOUT", "8s"));
        rows = new Rows(database);
        client = new DoorClient(pod.base(), "default");
    }

    @AfterEach
    void close() {
        rows.close();
        pod.close();
        database.close();
    }

    /** Nothing can be appended until {@link #letGo}. */
    private void holdPartitions() throws SQLException {
        rows.connection().setAutoCommit(false);
        rows.list("""
                select count(pg_advisory_xact_lock(stream.lock_key(p.topic_id, p.partition_id)))
                from (
                  select p.topic_id, p.partition_id
                  from stream.partitions p
                  join stream.topics t on t.topic_id = p.topic_id
                  where t.name = 'documents'
                  order by p.topic_id, p.partition_id) p
                """);
    }

    private void awaitSomebodyWaiting() {
        await().until(() -> rows.count("select count(*) from pg_stat_activity where wait_event = 'advisory'"
                        + " and datname = current_database()")
                > 0);
    }

    private void letGo() throws SQLException {
        rows.connection().rollback();
        rows.connection().setAutoCommit(true);
    }

    private CompletableFuture<Void> stop() {
        var stopped = CompletableFuture.runAsync(
                pod::stop, task -> Thread.ofPlatform().start(task));
        await().until(this::isTurnedAway);
        return stopped;
    }

    private boolean isTurnedAway() {
        try {
            return client.get("/health/ready", "application/json").status() == 503;
        } catch (UncheckedIOException e) {
            // It has stopped already.
            return true;
        }
    }

    @Test
    void aPostUnderWayIsAnsweredWhenItHasCommittedAndANewOneGoesElsewhere() throws Exception {
        holdPartitions();
        var post = CompletableFuture.supplyAsync(() -> client.document(DOCUMENT));
        awaitSomebodyWaiting();
        var stopped = stop();

        var refused = client.document(DOCUMENT);
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("Retry-After")).isNotEmpty();
        await().until(() -> client.document(DOCUMENT).header("Connection"), "close"::equals);
        letGo();
        assertThat(post.join().status()).isEqualTo(202);
        stopped.join();
        assertThat(rows.count("select count(*) from jobs.job_status")).isEqualTo(1);
    }

    @Test
    void aStreamThatGoesOnGetsItsResultsAndThenATurningAway() throws Exception {
        try (var socket = new Socket(pod.base().getHost(), pod.base().getPort())) {
            socket.setSoTimeout(30_000);
            var line = DOCUMENT.encode() + "\n";
            var request = """
                    POST /v1/documents HTTP/1.1\r
                    Host: localhost\r
                    Content-Type: application/x-ndjson\r
                    Transfer-Encoding: chunked\r
                    \r
                    %x\r
                    %s\r
                    """.formatted(line.length(), line);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            await().until(() -> rows.count("select count(*) from jobs.job_status") == 1);

            var stopped = stop();
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer.lines().filter(read -> read.startsWith("{")).map(JsonObject::new))
                    .extracting(result -> result.getInteger("status"))
                    .containsExactly(202, 503);
            assertThat(answer).as("ends as it should").endsWith("0\r\n\r\n");
            stopped.join();
        }
    }

    @Test
    void whoWaitsForAJobIsToldHowItStands() throws Exception {
        holdGroups();
        var post = CompletableFuture.supplyAsync(() -> client.document(DOCUMENT, "Prefer", "wait=60"));
        await().until(() -> rows.count("select count(*) from jobs.job_status") == 1);

        var stopped = stop();
        var answer = post.join();
        letGo();
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.jobs()).hasSize(1);
        stopped.join();
    }

    /** No stage can commit until {@link #letGo}. */
    private void holdGroups() throws SQLException {
        rows.connection().setAutoCommit(false);
        rows.list("select 1 from stream.group_partitions for update");
    }
}
