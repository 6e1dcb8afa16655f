package io.millrace.flow;

import static io.millrace.flow.Posts.document;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Events from two pods over one database to clients that come and go; each test in a workspace of its own. */
class EventStreamTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long SEED = 20_261_121;
    private static final int MAX_CLIENTS = 60;

    private static final Map<String, String> SETTINGS = Map.of(
            "MILLRACE_EVENTS_MAX_CLIENTS", Integer.toString(MAX_CLIENTS),
            "MILLRACE_EVENTS_HEARTBEAT", "1s",
            "MILLRACE_EVENTS_MAX_STALL", "2s");

    private static Vertx vertx;
    private static HttpClient http;
    private static TestDatabase database;
    private static List<FlowPod> pods;
    private static Rows rows;

    private final List<EventClient> clients = new ArrayList<>();
    private String workspace;

    @BeforeAll
    static void startPods() {
        vertx = Vertx.vertx();
        http = EventClient.http(vertx);
        database = TestDatabase.create();
        pods = List.of(FlowPod.start(database, SETTINGS), FlowPod.start(database, SETTINGS));
        rows = new Rows(database);
    }

    @AfterAll
    static void stopPods() throws Exception {
        rows.close();
        pods.forEach(FlowPod::close);
        database.close();
        get(vertx.close());
    }

    @BeforeEach
    void openWorkspace(TestInfo test) {
        workspace = test.getTestMethod().orElseThrow().getName();
    }

    @AfterEach
    void stopClients() throws Exception {
        for (var client : clients) {
            get(client.stop());
        }
        patiently().until(() -> listeners(0) + listeners(1) == 0);
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private static ConditionFactory patiently() {
        return await().atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20));
    }

    private static URI address(int pod) {
        return pods.get(pod).base();
    }

    private HttpCaller caller(int pod) {
        return pods.get(pod).caller(workspace);
    }

    private static int listeners(int pod) {
        return pods.get(pod)
                .caller("default")
                .get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("millrace_event_clients"))
                .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private EventClient client(int pod, String query, Consumer<String> onEvent) {
        var client = new EventClient(vertx, http, workspace, query, () -> address(pod), SEED, onEvent);
        clients.add(client);
        return client;
    }

    private static EventClient connected(EventClient client) {
        client.start();
        patiently().until(client::isConnected);
        return client;
    }

    private static long end() {
        return rows.count("select stream.end_offset(topic_id, 0) from stream.topics where name = 'events'");
    }

    /** How many events there are for this workspace behind one id, up to another. */
    private long wanted(long behind, long upTo) {
        return rows.count(
                "select count(*) from events.events where id > ? and id <= ? and (workspace is null or workspace = ?)",
                behind,
                upTo,
                workspace);
    }

    /** Has got all that it should, as of some moment. */
    private void assertComplete(EventClient client, long behind) {
        patiently()
                .until(() ->
                        client.ids().received() == wanted(behind, client.ids().last()));
        assertThat(client.ids().doubled()).isZero();
    }

    /** Appends events as a stage of some pod does, and notifies as that pod does. */
    private long append(int count, int paddingBytes) {
        var end = rows.count("""
                select (stream.append(t.topic_id, 0, gen_random_uuid(), sum(length(r.value))::int, array_agg('k'::bytea), array_agg(r.value), null, 9223372036854775807)).base_offset + count(*)
                from stream.topics t, (
                  select convert_to(jsonb_build_object('kind', 'job.completed', 'subject', 'n' || n, 'workspace', ?::text, 'data', jsonb_build_object('padding', repeat('x', ?::int)))::text, 'UTF8') as value
                  from generate_series(1, ?::int) n) r
                where t.name = 'events'
                group by t.topic_id
                """, workspace, paddingBytes, count);
        rows.list("select pg_notify('millrace', gen_random_uuid() || ' events/0=' || ?::bigint)", end);
        return end;
    }

    @Test
    void everyEventComesOnceHoweverOftenClientsBreakOffAndResumeElsewhere() {
        var random = new Random(SEED);
        for (var i = 0; i < 40; i++) {
            var own = new Random(random.nextLong());
            var client = new EventClient(
                    vertx, http, workspace, "", () -> address(own.nextInt(2)), random.nextLong(), event -> {});
            clients.add(client);
            connected(client);
        }
        for (var batch = 0; batch < 300 || (connections() <= 100 && batch < 5_000); batch++) {
            append(1 + random.nextInt(40), random.nextInt(400));
            if (batch % 10 == 0) {
                clients.forEach(client -> client.breakOffAfter(1 + random.nextInt(200)));
            }
        }
        var end = end();
        patiently().until(() -> clients.stream().allMatch(client -> client.ids().last() >= end - 1));

        System.out.printf(
                "%d clients, %d connections, %d events received%n",
                clients.size(),
                connections(),
                clients.stream().mapToLong(client -> client.ids().received()).sum());
        assertThat(clients).allSatisfy(client -> {
            assertThat(client.ids().doubled()).isZero();
            assertComplete(client, client.ids().behind());
        });
        assertThat(connections()).isGreaterThan(100);
    }

    private int connections() {
        return clients.stream().mapToInt(EventClient::connections).sum();
    }

    @Test
    void withoutAnIdAClientBeginsAtTheEndAndSaysWhereThatIs() {
        append(3, 10);
        var end = end();

        var client = connected(client(0, "", event -> {}).keepingBlocks());

        var behind = client.ids().behind();
        assertThat(behind).isGreaterThanOrEqualTo(end - 1);
        assertThat(client.blocks.getFirst()).matches(": events behind %1$d\nretry: \\d+\nid: %1$d".formatted(behind));
        var last = append(2, 10) - 1;
        patiently().until(() -> client.ids().last() >= last);
        assertComplete(client, behind);
    }

    @Test
    void afterInTheQueryIsForThoseWhoCannotSetHeadersAndTheHeaderWins() {
        var end = append(5, 10);

        var fromQuery = connected(client(0, "?after=" + (end - 4), event -> {}));
        var fromHeader = connected(client(1, "?after=" + (end - 4), event -> {}).resumingBehind(end - 2));

        patiently()
                .until(() ->
                        fromQuery.ids().last() >= end - 1 && fromHeader.ids().last() >= end - 1);
        assertComplete(fromQuery, end - 4);
        assertComplete(fromHeader, end - 2);
        var earliest = connected(client(0, "?after=earliest", event -> {}));
        patiently().until(() -> earliest.ids().last() == end() - 1);
    }

    @Test
    void aClientGetsTheKindsItWantsOfItsOwnWorkspace() {
        var other = pods.getFirst().caller("elsewhere");
        var jobs = new CopyOnWriteArrayList<JsonObject>();
        var documents = new CopyOnWriteArrayList<JsonObject>();
        connected(client(0, "?kinds=job", event -> jobs.add(new JsonObject(event))));
        connected(client(1, "?kinds=document.changed", event -> documents.add(new JsonObject(event))));

        var foreign = other.accepted(document("mill", "The mill stands in Ulm."));
        var first = caller(0).accepted(document("mill", "The mill stands in Ulm."));
        patiently().until(() -> jobs.size() == 1 && documents.size() == 1);
        var repeat = caller(1).accepted(document("mill", "The mill stands in Ulm."));
        patiently().until(() -> jobs.size() == 2);
        var changed = caller(1).accepted(document("mill", "The mill stands in Bonn."));
        patiently().until(() -> jobs.size() == 3 && documents.size() == 2);

        assertThat(jobs)
                .extracting(event -> event.getString("subject"))
                .containsExactly(first.toString(), repeat.toString(), changed.toString());
        assertThat(jobs).extracting(event -> event.getString("kind")).containsOnly("job.completed");
        assertThat(documents)
                .extracting(event -> event.getJsonObject("data").getString("job_id"))
                .containsExactly(first.toString(), changed.toString());
        assertThat(documents).allSatisfy(event -> {
            assertThat(event.getString("workspace")).isEqualTo(workspace);
            assertThat(event.getJsonObject("data").getString("source_uri")).isEqualTo("mill");
        });
        patiently()
                .until(() ->
                        rows.count("select count(*) from events.events where subject = ?", foreign.toString()) == 1);
    }

    @Test
    void whatIsToldIsThereToBeRead() {
        var seen = new CopyOnWriteArrayList<String>();
        connected(client(1, "?kinds=job.completed", seen::add));

        var job = caller(0).accepted(document("mill", "Ada Lovelace met Charles Babbage."));
        patiently().until(() -> !seen.isEmpty());

        assertThat(caller(1).job(job).getString("status")).isEqualTo("completed");
    }

    @Test
    void statisticsAndLagAreToldAtMostOnceASecondAndNothingWhileAllIsIdle() {
        caller(0)
                .acceptedAll(IntStream.range(0, 300)
                        .mapToObj(i -> document("d" + i, "Ada Lovelace met Visitor Number%d in London.".formatted(i)))
                        .toList());
        var entities = "select entity_count from lightrag.current_statistics where workspace = '" + workspace + "'";
        var told = """
                select (data ->> 'entity_count')::bigint from events.events
                where kind = 'graph.statistics' and workspace = ? order by id desc limit 1
                """;
        patiently()
                .until(() -> rows.count(
                                        "select count(*) from jobs.job_status where workspace = ? and completed_at is null",
                                        workspace)
                                == 0
                        && !rows.list(told, workspace).isEmpty()
                        && rows.list(told, workspace).equals(rows.list(entities))
                        && lagTold() == 0);

        var quiet = new long[] {end()};
        patiently().during(Duration.ofMillis(2_500)).until(() -> {
            var before = quiet[0];
            quiet[0] = end();
            return before == quiet[0];
        });
        assertThat(rows.list("""
                select id, kind, subject, since, data
                from (
                  select e.*, e.occurred_at - lag(e.occurred_at) over told as since, lag(e.data) over told as before
                  from events.events e
                  where e.kind in ('graph.statistics', 'stage.lag')
                  window told as (partition by e.kind, e.subject order by e.id)) f
                where since < interval '0.95 seconds' or before = data
                """)).isEmpty();
        assertThat(rows.list("select distinct subject from events.events where kind = 'stage.lag'"))
                .containsExactlyInAnyOrder("chunk", "extract", "graph", "stats");
    }

    private static long lagTold() {
        return rows.count("""
                select sum((data ->> 'lag')::bigint)
                from (select distinct on (subject) subject, data from events.events where kind = 'stage.lag' order by subject, id desc) newest
                """);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            after=x            | 400 | invalid_parameter
            after=-2           | 400 | invalid_parameter
            after=999999999    | 410 | position_gone
            kinds=job.complete | 400 | invalid_parameter
            kinds=             | 400 | invalid_parameter
            since=4            | 400 | invalid_parameter
            """)
    void whatCannotBeAnsweredIsAProblem(String query, int status, String code) {
        var answer = caller(0).get("/v1/events?" + query);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.json().getString("code")).isEqualTo(code);
    }

    @Test
    void whatRetentionHasDroppedIsGone() {
        append(3, 10);
        rows.execute(
                "update stream.segment_starts s set base_offset = 2 from stream.topics t where t.topic_id = s.topic_id and t.name = 'events'");
        try {
            assertThat(caller(0).get("/v1/events?after=0").status()).isEqualTo(410);
            var client = connected(client(0, "?after=1", event -> {}));
            patiently().until(() -> client.ids().last() == end() - 1);
            assertComplete(client, 1);
        } finally {
            rows.execute(
                    "update stream.segment_starts s set base_offset = 0 from stream.topics t where t.topic_id = s.topic_id and t.name = 'events'");
        }
    }

    @Test
    void aClientTooManyIsRefused() {
        for (var i = 0; i < MAX_CLIENTS; i++) {
            client(0, "", event -> {}).start();
        }
        patiently().until(() -> clients.stream().allMatch(EventClient::isConnected));

        var answer = caller(0).get("/v1/events");

        assertThat(answer.status()).isEqualTo(429);
        connected(client(1, "", event -> {}));
    }

    /** What a filter leaves out moves the place to resume at all the same, or resuming would read it all again. */
    @Test
    void heartbeatsMoveTheIdOverWhatWasLeftOut() {
        var client = connected(client(0, "?kinds=job.failed", event -> {}).keepingBlocks());

        var end = append(20, 10);

        patiently().until(() -> client.lastEventId() >= end - 1);
        assertThat(client.ids().received()).isZero();
    }

    @Test
    void aClientThatTakesNothingIsClosedAndHoldsUpNobody() throws Exception {
        var watching = connected(client(0, "", event -> {}));
        var slow = connectAndTakeNothing();
        patiently().until(() -> listeners(0) == 2);

        for (var i = 0; i < 30; i++) {
            append(10, 100_000);
        }

        var end = end();
        patiently().until(() -> watching.ids().last() == end - 1);
        patiently().until(() -> listeners(0) == 1);
        assertThat(watching.connections()).isEqualTo(1);
        get(slow.close());
    }

    private NetSocket connectAndTakeNothing() throws Exception {
        var socket = get(
                vertx.createNetClient().connect(address(0).getPort(), address(0).getHost()));
        socket.pause();
        get(socket.write("GET /v1/events HTTP/1.1\r\nHost: pod\r\nMillrace-Workspace: " + workspace + "\r\n\r\n"));
        return socket;
    }

    @Test
    void aWebSocketTellsTheSameAndResumes() throws Exception {
        var before = end();
        var messages = new CopyOnWriteArrayList<JsonObject>();
        var socket = webSocket(address(0), "?kinds=job", messages);
        patiently().until(() -> !messages.isEmpty());
        append(3, 10);
        patiently().until(() -> events(messages).size() == 3);
        get(socket.close());
        var last = events(messages).getLast();
        append(2, 10);
        var resumed = webSocket(address(1), "?kinds=job&after=" + last, messages);
        patiently().until(() -> events(messages).size() == 5);
        get(resumed.close());

        assertThat(messages.getFirst().getString("kind")).isEqualTo("position");
        assertThat(messages.getFirst().getLong("id")).isGreaterThanOrEqualTo(before - 1);
        assertThat(events(messages).stream().map(String::valueOf))
                .containsExactlyElementsOf(
                        rows.list("select id from events.events where workspace = ? order by id", workspace));
    }

    private static List<Long> events(List<JsonObject> messages) {
        return messages.stream()
                .filter(message -> !message.getString("kind").equals("position"))
                .map(message -> message.getLong("id"))
                .toList();
    }

    private WebSocket webSocket(URI pod, String query, List<JsonObject> messages) throws Exception {
        var options = new WebSocketConnectOptions()
                .setHost(pod.getHost())
                .setPort(pod.getPort())
                .setURI("/v1/events/ws" + query)
                .addHeader("Millrace-Workspace", workspace);
        var client = vertx.createWebSocketClient();
        var socket = client.webSocket();
        socket.textMessageHandler(text -> messages.add(new JsonObject(text)));
        return get(socket.connect(options));
    }

    /** Deadlines of requests are not for answers that go on, and not for what is no HTTP any more. */
    @Test
    void aQuietClientOutlivesTheDeadlinesOfTheDoor() throws Exception {
        var deadlines = Map.of("MILLRACE_HTTP_HEADER_TIMEOUT", "1s", "MILLRACE_HTTP_IDLE_TIMEOUT", "2s");
        try (var strict = FlowPod.start(database, deadlines)) {
            var client = new EventClient(vertx, http, workspace, "?kinds=job.failed", strict::base, SEED, event -> {});
            clients.add(client);
            connected(client);
            var messages = new CopyOnWriteArrayList<JsonObject>();
            var socket = webSocket(strict.base(), "?kinds=job", messages);

            patiently().during(Duration.ofSeconds(3)).until(() -> client.connections() == 1 && !socket.isClosed());
            append(1, 10);

            patiently().until(() -> events(messages).size() == 1);
            get(socket.close());
            get(client.stop());
        }
    }

    @Test
    void aWebSocketIsForWebSocketClientsOfTheSameOrigin() {
        assertThat(caller(0).get("/v1/events/ws").status()).isEqualTo(426);
        var foreign = new WebSocketConnectOptions()
                .setHost(address(0).getHost())
                .setPort(address(0).getPort())
                .setURI("/v1/events/ws")
                .addHeader("Origin", "https://elsewhere.example");
        assertThat(vertx.createWebSocketClient().connect(foreign))
                .satisfies(attempt -> patiently().until(attempt::failed))
                .satisfies(attempt -> assertThat(attempt.cause()).hasMessageContaining("403"));
    }
}
