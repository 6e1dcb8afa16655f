package io.millrace.flow;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a pod does with more than its stages can take in. */
class BackpressureTest {

    private static final int MAX_LAG = 100;
    private static final int QUOTA = 40;
    private static final Map<String, String> LIMITS = Map.of(
            "MILLRACE_INGEST_MAX_LAG", Integer.toString(MAX_LAG),
            "MILLRACE_INGEST_MAX_OPEN_PER_WORKSPACE", Integer.toString(QUOTA),
            "MILLRACE_LOG_PARTITIONS", "2");
    /** Accepts, and works on nothing. */
    private static final Map<String, String> DOOR_ONLY = with("MILLRACE_STAGES", "ingest");

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final TestDatabase database = TestDatabase.create();
    private final Rows rows = new Rows(database);
    private final List<FlowPod> pods = new ArrayList<>();
    private final List<Letter> letters = Letter.generate(1, 2_000);
    private int posted;

    @AfterEach
    void close() {
        pods.forEach(FlowPod::close);
        rows.close();
        database.close();
    }

    private static Map<String, String> with(String name, String value) {
        var settings = new HashMap<>(LIMITS);
        settings.put(name, value);
        return settings;
    }

    private FlowPod start(Map<String, String> settings) {
        var pod = FlowPod.start(database, settings);
        pods.add(pod);
        return pod;
    }

    private DoorClient client(FlowPod pod, String workspace) {
        return new DoorClient(pod.base(), workspace);
    }

    private JsonObject document() {
        return letters.get(posted++).json();
    }

    @Test
    void aWorkspaceIsTurnedAwayAtItsQuotaAndTheOthersAreNot() {
        var pod = start(DOOR_ONLY);
        var loud = client(pod, "loud");
        for (var i = 0; i < QUOTA; i++) {
            // A document that was accepted while the pod counted may be counted twice, until it counts again.
            patiently().until(() -> loud.document(document()).status() == 202);
        }
        var refused = patiently()
                .until(
                        () -> loud.document(document()),
                        answer -> answer.json().getJsonObject("context").getInteger("open_documents") == QUOTA);
        assertThat(refused.status() + " " + refused.code()).isEqualTo("429 quota_exceeded");
        assertThat(refused.json().getString("detail")).contains("Workspace loud", QUOTA + " documents");
        assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1, 60);
        assertThat(client(pod, "quiet").document(document()).status()).isEqualTo(202);
        assertThat(open()).isEqualTo(QUOTA + 1);
    }

    @Test
    void aStreamIsToldLineByLine() {
        var pod = start(DOOR_ONLY);
        var lines =
                IntStream.range(0, QUOTA + 5).mapToObj(i -> document().encode()).collect(Collectors.joining("\n"));
        var answer = client(pod, "loud")
                .post("/v1/documents", lines.getBytes(UTF_8), "Content-Type", "application/x-ndjson");
        assertThat(answer.lineStatuses().stream().filter(status -> status == 202))
                .hasSize(QUOTA);
        assertThat(answer.lineStatuses().stream().filter(status -> status == 429))
                .hasSize(5);
        var last = new JsonObject(answer.body().lines().toList().getLast()).getJsonObject("problem");
        assertThat(last.getString("code")).isEqualTo("quota_exceeded");
        assertThat(last.getInteger("retry_after_seconds")).isBetween(1, 60);
    }

    @Test
    void theBoundOfAllWorkspacesHoldsOverPodsAndRestarts() {
        var pod = start(DOOR_ONLY);
        var other = start(DOOR_ONLY);
        for (var workspace : List.of("a", "b", "c")) {
            client(pod, workspace)
                    .documents(IntStream.range(0, MAX_LAG / 3)
                            .mapToObj(i -> document())
                            .toList());
        }
        // What the other pod accepts is seen with the next sample, which a request that would be refused waits for.
        patiently().until(() -> client(other, "d").document(document()).status() == 429);
        patiently().until(() -> client(pod, "d").document(document()).status() == 429);
        assertThat(rows.count("select count(*) from jobs.job_status")).isBetween((long) MAX_LAG, MAX_LAG + 20L);

        pod.stop();
        var refused = client(start(DOOR_ONLY), "d").document(document());
        assertThat(refused.status() + " " + refused.code()).isEqualTo("429 overloaded");
        assertThat(rows.count("select count(*) from jobs.job_status")).isBetween((long) MAX_LAG, MAX_LAG + 20L);
    }

    @Test
    void whatASeekReadsAgainDoesNotCount() {
        var pod = start(LIMITS);
        for (var i = 0; i < 4; i++) {
            var client = client(pod, "workspace-" + i);
            var documents = IntStream.range(0, QUOTA).mapToObj(n -> document()).toList();
            // What has just ended may still be in the count.
            patiently().until(() -> client.documents(documents).status() == 202);
            Drained.await(rows, PATIENCE);
        }
        // Nobody reads what the seeks give back, so it stays.
        pod.stop();
        var door = start(DOOR_ONLY);
        for (var group : List.of("graph", "chunk")) {
            var sought = client(door, "any").post("/v1/groups/" + group + "/seek?to=begin", new byte[0]);
            assertThat(sought.status()).as(sought.body()).isEqualTo(200);
        }
        patiently().until(() -> client(door, "workspace-1").document(document()).status() == 202);
        assertThat(lag()).isGreaterThan(MAX_LAG);
    }

    /** Documents were cut long ago and wait for the last stage: they count, and those who come back in time get in. */
    @Test
    void behindASlowGraphStageTheLagGrowsToItsBoundAndRetryAfterIsRight() {
        var pod = start(with("MILLRACE_INGEST_MAX_OPEN_PER_WORKSPACE", "0"));
        slowDown(20);
        var client = client(pod, "steady");
        var accepted = new ArrayList<UUID>();
        var mostOpen = 0L;
        var returns = 0;
        var inVain = 0;
        // How often in vain is OpenDocumentsTest's to say, in a time of its own; here the machine may stall, and then
        // they go on.
        while (returns < 5 || (inVain >= returns / 2 && returns < 24)) {
            var document = document();
            var answer = client.document(document);
            if (answer.status() == 429) {
                mostOpen = Math.max(mostOpen, open());
                pause(answer);
                returns++;
                answer = client.document(document);
                inVain += answer.status() == 429 ? 1 : 0;
            }
            if (answer.status() == 202) {
                accepted.add(answer.job());
            }
        }
        System.out.printf(
                "%d accepted, at most %d of %d open, %d came back when they were told to, %d of them in vain%n",
                accepted.size(), mostOpen, MAX_LAG, returns, inVain);
        assertThat(mostOpen).isBetween(MAX_LAG / 2L, (long) MAX_LAG);
        assertThat(inVain).isLessThan(returns / 2);
        hurryUp();
        Drained.await(rows, PATIENCE);
        assertThat(rows.count("select count(*) from jobs.job_status where status = 'completed'"))
                .isEqualTo(accepted.size());
    }

    private static ConditionFactory patiently() {
        return await().atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20));
    }

    private long open() {
        return rows.count("select count(*) from jobs.job_status where completed_at is null");
    }

    private long lag() {
        return rows.count("select sum(lag) from stream.lag");
    }

    /** As long as the answer says, to the second. */
    private static void pause(DoorClient.Answer refused) {
        new CompletableFuture<Void>()
                .completeOnTimeout(null, Long.parseLong(refused.header("Retry-After")), TimeUnit.SECONDS)
                .join();
    }

    /** Lets the graph stage take so long for each mention of an entity. */
    private void slowDown(int millis) {
        rows.execute("""
                create function public.slow() returns trigger language plpgsql as $$
                begin
                  perform pg_sleep(%d / 1000.0);
                  return new;
                end $$
                """.formatted(millis));
        rows.execute(
                "create trigger slow before insert on lightrag.entity_mentions for each row execute function public.slow()");
    }

    private void hurryUp() {
        rows.execute("drop trigger slow on lightrag.entity_mentions");
    }
}
