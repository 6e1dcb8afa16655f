package io.millrace.flow;

import static io.millrace.flow.Posts.document;
import static io.millrace.flow.Posts.entity;
import static io.millrace.flow.Posts.relationship;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.millrace.verify.Check;
import io.millrace.verify.Verification;
import io.vertx.core.json.JsonObject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Jobs that are called off: before their documents are begun, while they are under way, and too late. */
class CancelTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Map<String, String> ONLY_INGEST = Map.of("MILLRACE_STAGES", "ingest");
    private static final Map<String, String> UP_TO_CHUNKS = Map.of("MILLRACE_STAGES", "ingest,chunk");

    private final TestDatabase database = TestDatabase.create();
    private final Rows rows = new Rows(database);

    @AfterEach
    void close() {
        rows.close();
        database.close();
    }

    private static JsonObject letter(int number) {
        return document(
                "letter " + number,
                "Letter " + number + " tells of mills.",
                List.of(entity("Mill " + number, "PLACE"), entity("River", "PLACE")),
                List.of(relationship("Mill " + number, "LIES_AT", "River")));
    }

    private static DoorClient client(FlowPod pod) {
        return new DoorClient(pod.base(), "default");
    }

    private void drainAndVerify() {
        Drained.await(rows, PATIENCE);
        // Lag of the statistics is no difference: the check counts what they have still to read.
        assertThat(differences()).isEmpty();
    }

    private List<Check> differences() {
        try {
            return Verification.run(rows.connection()).checks().stream()
                    .filter(check -> !check.clean())
                    .toList();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aCancellationOfWhichNobodyKnowsWhetherItWasStoredIsToldAsThat() {
        try (var first = FlowPod.start(database, ONLY_INGEST)) {
            var client = client(first);
            var job = client.document(letter(1)).job();
            rows.makeDoubt();
            rows.execute("""
                    create constraint trigger doubt after insert on jobs.cancellations
                    deferrable initially deferred for each row execute function public.doubt()
                    """);

            var answer = client.cancel(job);

            assertThat(answer.status()).as(answer.body()).isEqualTo(504);
            assertThat(answer.code()).isEqualTo("outcome_unknown");
        }
    }

    @Test
    void aDocumentThatWasNotBegunIsPassedOver() {
        try (var first = FlowPod.start(database, ONLY_INGEST)) {
            var client = client(first);
            var gone = client.document(letter(1)).job();
            var kept = client.document(letter(2)).job();

            var answer = client.cancel(gone);
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.json().getString("status")).isEqualTo("failed");
            assertThat(answer.json().getString("error_message")).isEqualTo("cancelled by client");
            assertThat(client.cancel(gone).code()).isEqualTo("job_ended");
            // The same content again is a new wish.
            var again = client.document(letter(1)).job();

            try (var second = FlowPod.start(database, Map.of())) {
                drainAndVerify();
                assertThat(client(second).job(gone).getString("status")).isEqualTo("failed");
                assertThat(client(second).job(kept).getString("status")).isEqualTo("completed");
                assertThat(client(second).job(again).getString("status")).isEqualTo("completed");
                assertThat(client(second).job(again).getString("follows")).isNull();
            }
        }
        assertThat(
                        rows.list(
                                "select kind from events.events where subject in (select job_id::text from jobs.cancellations)"))
                .containsExactly("job.failed");
        assertThat(rows.count("select count(*) from lightrag.entities where name = 'Mill 1'"))
                .isEqualTo(1);
        assertThat(rows.count("select count(*) from jobs.chunks")).isEqualTo(2);
    }

    @Test
    void whatIsUnderWayGoesNoFurther() {
        try (var first = FlowPod.start(database, UP_TO_CHUNKS)) {
            var client = client(first);
            var gone = client.document(letter(1)).job();
            await().atMost(PATIENCE).until(() -> rows.count("select count(*) from jobs.chunks") == 1);
            assertThat(client.cancel(gone).status()).isEqualTo(200);

            try (var second = FlowPod.start(database, Map.of())) {
                var again = client(second).document(letter(1), "Prefer", "wait=30");
                assertThat(again.status()).isEqualTo(200);
                assertThat(again.jobs().getFirst().getString("status")).isEqualTo("completed");
                drainAndVerify();
                assertThat(client(second).job(gone).getString("error_message")).isEqualTo("cancelled by client");
                assertThat(client(second).cancel(again.job()).code()).isEqualTo("job_ended");
            }
        }
        assertThat(rows.count("select mentions from lightrag.entity_state where name = 'River'"))
                .isEqualTo(1);
    }

    @Test
    void aJobThatAnotherFollowsIsNotCancelled() {
        try (var first = FlowPod.start(database, UP_TO_CHUNKS)) {
            var client = client(first);
            var leader = client.document(letter(1)).job();
            var follower = client.document(letter(1)).job();
            await().atMost(PATIENCE)
                    .until(() -> rows.count("select count(*) from jobs.progress where kind = 'repeated'") == 1);

            assertThat(client.cancel(leader).code()).isEqualTo("job_followed");
            assertThat(client.cancel(follower).status()).isEqualTo(200);
            assertThat(client.cancel(leader).status()).isEqualTo(200);
            try (var _ = FlowPod.start(database, Map.of())) {
                drainAndVerify();
            }
        }
        assertThat(rows.count("select count(*) from lightrag.entities")).isZero();
    }

    @Test
    void cancellingInTheMiddleOfTheFlowLeavesNothingInDoubt() {
        var random = new Random(7);
        var cancelled = new ArrayList<Integer>();
        try (var pod = FlowPod.start(database, Map.of())) {
            var client = client(pod);
            for (var round = 0; round < 10; round++) {
                var from = round * 40;
                // Every content twice, so that jobs follow others.
                var letters = IntStream.range(from, from + 40)
                        .mapToObj(i -> letter(i / 2 * 2))
                        .toList();
                var jobs = client.documents(letters).jobIds();
                var attempts = jobs.stream()
                        .filter(job -> random.nextBoolean())
                        .map(UUID::fromString)
                        .map(job -> CompletableFuture.supplyAsync(
                                () -> client.cancel(job).status()))
                        .toList();
                attempts.forEach(attempt -> cancelled.add(attempt.join()));
            }
            drainAndVerify();
        }
        assertThat(cancelled).isSubsetOf(200, 409);
        assertThat(rows.list("""
                        select status, error_message, count(*) > 0, bool_and(c.job_id is not null)
                        from jobs.job_status j
                        left join jobs.cancellations c on c.job_id = j.id
                        group by 1, 2
                        """)).isSubsetOf("failed | cancelled by client | t | t", "completed | null | t | f");
        var done = cancelled.stream().filter(status -> status == 200).count();
        assertThat(rows.count("select count(*) from jobs.cancellations")).isEqualTo(done);
        System.out.printf("cancelled %d of 400 jobs, %d came too late%n", done, cancelled.size() - done);
        // Each document that was posted and not wholly cancelled is there, once.
        assertThat(rows.count("""
                        select count(*)
                        from (
                          select j.document_id from jobs.job_status j where j.status = 'completed'
                          except
                          select d.document_id
                          from jobs.documents d
                          join lightrag.chunk_extractions x on x.chunk_id = any (d.chunk_ids)
                        ) lost
                        """)).isZero();
    }
}
