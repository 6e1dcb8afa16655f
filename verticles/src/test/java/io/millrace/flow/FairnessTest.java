package io.millrace.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.vertx.core.json.JsonArray;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * How long a quiet workspace waits for its documents while another one posts as fast as it can: with a quota, for what the
 * quota lets wait, and without one, for all that was posted before. The delays are printed.
 */
class FairnessTest {

    private static final int LOUD_CLIENTS = 4;
    private static final int ARRAY = 100;
    private static final int QUOTA = 400;
    /** Enough to tell the two apart; a fast machine accepts many more than it works off meanwhile. */
    private static final int LOUD_DOCUMENTS = 3_000;

    private static final int QUIET_DOCUMENTS = 8;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /** What the quiet one saw. */
    private record Seen(List<Long> delaysMillis, long mostAhead, int loudAccepted) {}

    @Test
    void aQuotaBoundsWhatAQuietWorkspaceWaitsFor() {
        var free = measure("0", 2 * QUOTA);
        var bound = measure(Integer.toString(QUOTA), QUOTA);
        print("no quota", free);
        print("a quota of " + QUOTA, bound);
        assertThat(bound.mostAhead()).isLessThanOrEqualTo(QUOTA);
        assertThat(free.mostAhead()).isGreaterThan(QUOTA);
    }

    private static void print(String what, Seen seen) {
        System.out.printf(
                "%s: from POST to completed %s ms, behind at most %d documents of the loud workspace, of which %d were accepted%n",
                what, seen.delaysMillis(), seen.mostAhead(), seen.loudAccepted());
    }

    /** No stage can commit until {@link #letGo}, so that nothing that was posted before is gone. */
    private static void holdGroups(Rows rows) throws SQLException {
        rows.connection().setAutoCommit(false);
        rows.list("select 1 from stream.group_partitions for update");
    }

    private static void letGo(Rows rows) {
        try {
            rows.connection().rollback();
            rows.connection().setAutoCommit(true);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @param loudAhead so many documents of the loud one are there before the quiet one begins */
    private static Seen measure(String quota, int loudAhead) {
        try (var database = TestDatabase.create();
                var rows = new Rows(database);
                var pod = FlowPod.start(
                        database,
                        Map.of(
                                "MILLRACE_INGEST_MAX_OPEN_PER_WORKSPACE",
                                quota,
                                "MILLRACE_DATABASE_LOCK_TIMEOUT",
                                "8s"))) {
            holdGroups(rows);
            var going = new AtomicBoolean(true);
            var numbers = new AtomicInteger();
            var accepted = new AtomicInteger();
            var loud = new ArrayList<Thread>();
            for (var i = 0; i < LOUD_CLIENTS; i++) {
                loud.add(Thread.startVirtualThread(
                        () -> post(new DoorClient(pod.base(), "loud"), numbers, accepted, going)));
            }
            await().atMost(PATIENCE).until(() -> accepted.get() >= loudAhead);
            var seen = quietly(new DoorClient(pod.base(), "quiet"), rows);
            going.set(false);
            for (var thread : loud) {
                thread.join();
            }
            return new Seen(seen.delaysMillis(), seen.mostAhead(), accepted.get());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** As fast as it is let; when it is told to wait, it does. */
    private static void post(DoorClient client, AtomicInteger numbers, AtomicInteger accepted, AtomicBoolean going) {
        while (going.get() && accepted.get() < LOUD_DOCUMENTS) {
            var documents = new JsonArray();
            for (var i = 0; i < ARRAY; i++) {
                documents.add(Letter.generate(numbers.incrementAndGet(), 1)
                        .getFirst()
                        .json()
                        .put("source_uri", "loud/" + numbers.incrementAndGet()));
            }
            var answer = client.post(
                    "/v1/documents",
                    documents.encode().getBytes(StandardCharsets.UTF_8),
                    "Content-Type",
                    "application/json");
            if (answer.status() == 202) {
                accepted.addAndGet(ARRAY);
            } else {
                assertThat(answer.status()).as(answer.body()).isEqualTo(429);
                new CompletableFuture<Void>()
                        .completeOnTimeout(null, Long.parseLong(answer.header("Retry-After")), TimeUnit.SECONDS)
                        .join();
            }
        }
    }

    private static Seen quietly(DoorClient client, Rows rows) {
        var delays = new ArrayList<Long>();
        var mostAhead = 0L;
        for (var i = 0; i < QUIET_DOCUMENTS; i++) {
            var started = System.nanoTime();
            var job = client.document(Letter.generate(i, 1).getFirst().json().put("source_uri", "quiet/" + i))
                    .job();
            mostAhead = Math.max(mostAhead, ahead(rows, job));
            if (i == 0) {
                letGo(rows);
            }
            await().atMost(PATIENCE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> client.job(job).getString("status").equals("completed"));
            delays.add(Duration.ofNanos(System.nanoTime() - started).toMillis());
        }
        return new Seen(delays, mostAhead, 0);
    }

    private static long ahead(Rows rows, UUID job) {
        return rows.count("""
                select count(*)
                from jobs.job_status l
                where l.workspace = 'loud' and l.completed_at is null
                  and l.created_at < (select q.created_at from jobs.job_status q where q.id = ?)
                """, job);
    }
}
