package io.millrace.flow;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.flow.FuzzedRequests.Kind;
import io.millrace.flow.FuzzedRequests.Request;
import io.millrace.ingest.ContentType;
import io.millrace.ingest.Document;
import io.millrace.ingest.DocumentRecord;
import io.millrace.pg.TestDatabase;
import io.millrace.web.RawConnection;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Whatever comes, the door answers in time and never with a 5xx, and what it accepts is in the log as it was sent.
 *
 * <p>The suite sends a short run. {@code -Dmillrace.fuzz.bytes=10000000} sends ten million bytes, through all stages, and
 * {@code -Dmillrace.fuzz.seed=N} others.
 */
class FuzzTest {

    private static final long BYTES = Long.getLong("millrace.fuzz.bytes", 300_000);
    private static final long SEED = Long.getLong("millrace.fuzz.seed", 20_261_121);
    private static final long LONG_RUN_BYTES = 1_000_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final TestDatabase database = TestDatabase.create();
    private final Map<UUID, JsonNode> sent = new LinkedHashMap<>();
    private final Map<Integer, Integer> statuses = new TreeMap<>();
    private @Nullable RawConnection connection;
    private int closedUnanswered;

    @AfterEach
    void close() {
        hangUp();
        database.close();
    }

    private void hangUp() {
        if (connection != null) {
            connection.close();
            connection = null;
        }
    }

    @Test
    void nothingThatComesBreaksTheDoorOrIsChanged() throws Exception {
        var longRun = BYTES > LONG_RUN_BYTES;
        // A head that was spoilt may promise more than comes; in a long run there are many, and each is waited for.
        var patience = longRun ? "300ms" : "5s";
        var started = System.nanoTime();
        var requests = new FuzzedRequests(SEED);
        var bytes = 0L;
        var count = 0;
        try (var pod = FlowPod.start(
                        database,
                        Map.of(
                                "MILLRACE_STAGES", longRun ? "ingest,chunk,extract,graph,stats" : "ingest",
                                "MILLRACE_HTTP_HEADER_TIMEOUT", patience,
                                "MILLRACE_HTTP_BODY_TIMEOUT", patience));
                var rows = new Rows(database)) {
            while (bytes < BYTES) {
                var request = requests.next();
                bytes += request.bytes().length;
                count++;
                exchange(pod.base().getPort(), request);
            }
            var seconds = Duration.ofNanos(System.nanoTime() - started).toMillis() / 1_000.0;
            System.out.printf(
                    "%d requests with %d bytes in %.1f s: answers %s, closed without one %d; %d documents accepted%n",
                    count, bytes, seconds, statuses, closedUnanswered, sent.size());
            if (longRun) {
                Drained.await(rows, Duration.ofMinutes(10));
                assertThat(rows.list("select error_message from jobs.job_status where status <> 'completed' limit 5"))
                        .isEmpty();
            }
        }
        assertThat(sent).hasSizeGreaterThan((int) (BYTES / 20_000));
        assertThat(statuses).containsKeys(200, 202, 400, 404, 422);
        var stored = stored();
        assertThat(stored).containsOnlyKeys(sent.keySet());
        sent.forEach((job, document) -> assertIsWhatWasSent(requireNonNull(stored.get(job)), document));
    }

    @Test
    void aDocumentThatWasChangedIsFound() {
        var sentBody = read("{\"source_uri\":\"u\",\"content\":\"caf\u00e9\"}");
        assertIsWhatWasSent(document("u", "caf\u00e9"), sentBody);
        for (var changed :
                List.of(document("u", "caf\ufffd"), document("u", "cafe\u0301"), document("u ", "caf\u00e9"))) {
            assertThatThrownBy(() -> assertIsWhatWasSent(changed, sentBody)).isInstanceOf(AssertionError.class);
        }
    }

    private static Document document(String sourceUri, String content) {
        return new Document(
                "default", sourceUri, content, ContentType.PLAIN, "ingest_doc", null, List.of(), List.of(), false);
    }

    private void exchange(int port, Request request) {
        var open = connection == null ? RawConnection.to(port) : connection;
        connection = open;
        try {
            var answer = open.exchange(request.bytes());
            assertThat(answer.status())
                    .as(() -> "to " + new String(request.bytes(), StandardCharsets.UTF_8) + ": " + answer)
                    .isBetween(200, 499);
            statuses.merge(answer.status(), 1, Integer::sum);
            note(request, answer);
            // What a spoilt head leaves behind on its connection would be taken for the next request.
            if (request.kind() == Kind.HEAD || !answer.keepsAlive() || answer.status() == 408) {
                hangUp();
            }
        } catch (RawConnection.ClosedWithoutAnswer closed) {
            assertThat(request.kind())
                    .as(() -> new String(request.bytes(), StandardCharsets.UTF_8))
                    .isEqualTo(Kind.HEAD);
            closedUnanswered++;
            hangUp();
        }
    }

    private void note(Request request, RawConnection.Answer answer) {
        switch (request.kind()) {
            case DOCUMENT, ARRAY, COMPRESSED -> {
                if (answer.status() == 202) {
                    noteAll(request.body(), new JsonObject(answer.body()));
                }
            }
            case STREAM -> {
                if (answer.status() == 200) {
                    noteLines(request.body(), answer.body());
                }
            }
            case HEAD -> {}
        }
    }

    private void noteAll(byte[] body, JsonObject answer) {
        var read = read(new String(body, StandardCharsets.UTF_8));
        var jobs = answer.getJsonArray("jobs");
        for (var i = 0; i < jobs.size(); i++) {
            var job = UUID.fromString(jobs.getJsonObject(i).getString("id"));
            sent.put(job, read.isArray() ? read.get(i) : read);
        }
    }

    private void noteLines(byte[] body, String answer) {
        var lines = new String(body, StandardCharsets.UTF_8).split("\n", -1);
        answer.lines().map(JsonObject::new).forEach(result -> {
            var status = result.getInteger("status");
            assertThat(status).as(result.encode()).isBetween(200, 499);
            if (status == 202) {
                sent.put(UUID.fromString(result.getString("job_id")), read(lines[result.getInteger("line") - 1]));
            }
        });
    }

    /** By another way than the door's. */
    private static JsonNode read(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError("accepted, but no JSON: " + text, e);
        }
    }

    private Map<UUID, Document> stored() throws SQLException {
        var stored = new HashMap<UUID, Document>();
        try (var jdbc = database.connect();
                var statement = jdbc.createStatement();
                var rows = statement.executeQuery("""
                        select v.value
                        from stream.batches b
                        join stream.topics t on t.topic_id = b.topic_id
                        cross join lateral unnest(b."values") v (value)
                        where t.name = 'documents'
                        """)) {
            while (rows.next()) {
                var record = DocumentRecord.decode(rows.getBytes(1));
                assertThat(stored.put(record.jobId(), record.document()))
                        .as("twice in the log")
                        .isNull();
            }
        }
        return stored;
    }

    private static void assertIsWhatWasSent(Document stored, JsonNode document) {
        assertThat(stored.sourceUri()).isEqualTo(document.get("source_uri").textValue());
        assertThat(stored.content()).isEqualTo(document.get("content").textValue());
        assertThat(stored.contentType().mediaType())
                .isEqualTo(document.path("content_type").asText("text/plain"));
        assertThat(stored.metadata() == null ? null : read(stored.metadata())).isEqualTo(document.get("metadata"));
        assertThat(stored.entities()).hasSize(document.path("entities").size());
        for (var i = 0; i < stored.entities().size(); i++) {
            var entity = document.get("entities").get(i);
            assertThat(stored.entities().get(i).name())
                    .isEqualTo(entity.get("name").textValue());
            assertThat(stored.entities().get(i).type())
                    .isEqualTo(entity.get("type").textValue());
        }
    }
}
