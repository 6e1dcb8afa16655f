package io.millrace.flow;

import static io.millrace.flow.Posts.document;
import static io.millrace.flow.Posts.entity;
import static io.millrace.flow.Posts.relationship;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Statistics read part by part, and what caches may keep of them. */
class StatisticsReadsTest extends PodTest {

    @Override
    Map<String, String> settings() {
        return Map.of("MILLRACE_HTTP_CORS_ORIGINS", "https://one.example, https://two.example");
    }

    private void star(int rays) {
        var entities = IntStream.rangeClosed(1, rays)
                .mapToObj(ray -> entity("Ray " + ray, "RAY"))
                .collect(java.util.stream.Collectors.toCollection(java.util.ArrayList::new));
        entities.add(entity("Star", "STAR"));
        completed(document(
                "star",
                "A star.",
                entities,
                IntStream.rangeClosed(1, rays)
                        .mapToObj(ray -> relationship("Star", ray % 3 == 0 ? "WARMS" : "LIGHTS", "Ray " + ray))
                        .toList()));
        // Entities and relationships are counted by partitions, one perhaps a little later than the other.
        Drained.await(rows, Duration.ofMinutes(1));
    }

    @Test
    void typesDegreesAndTopEntitiesAreReadFromTheCounters() {
        star(20);

        var types = reads.json("/v1/graph/types");
        assertThat(types.getJsonArray("entity_types").encode())
                .isEqualTo("[{\"type\":\"RAY\",\"count\":20},{\"type\":\"STAR\",\"count\":1}]");
        assertThat(types.getJsonArray("relationship_types").encode())
                .isEqualTo("[{\"type\":\"LIGHTS\",\"count\":14},{\"type\":\"WARMS\",\"count\":6}]");
        var degrees = reads.json("/v1/graph/degrees");
        assertThat(degrees.getLong("entities")).isEqualTo(21);
        assertThat(degrees.getJsonArray("buckets").encode())
                .isEqualTo("[{\"from\":1,\"to\":1,\"entities\":20},{\"from\":16,\"to\":31,\"entities\":1}]");
        var top = reads.json("/v1/graph/entities/top?limit=2").getJsonArray("entities");
        assertThat(top).hasSize(2);
        assertThat(top.getJsonObject(0).getString("name")).isEqualTo("Star");
        assertThat(top.getJsonObject(0).getLong("degree")).isEqualTo(20);
        assertThat(reads.json("/v1/graph/stats").getJsonObject("degrees").encode())
                .isEqualTo("{\"1\":20,\"16\":1}");
    }

    /** As it is after PostgreSQL's clock was a day ahead for a while. */
    @Test
    void theNewestStateIsTheOneOfNowAlsoWhenTheClockWasSetBack() {
        star(3);
        rows.execute(
                "update lightrag.counters set updated_at = clock_timestamp() + interval '1 day' where workspace = ? and name = 'entities'",
                workspace);
        rows.execute(
                "insert into lightrag.graph_history (workspace, taken_at, entity_count, relationship_count, statistics)"
                        + " select workspace, date_trunc('minute', last_updated), entity_count, relationship_count, statistics"
                        + " from lightrag.current_statistics where workspace = ? on conflict do nothing",
                workspace);

        // So many that each partition of the counters has new ones.
        var planets = IntStream.rangeClosed(1, 60)
                .mapToObj(planet -> entity("Planet " + planet, "PLANET"))
                .toList();
        completed(document("planets", "Sixty planets.", planets, List.of()));
        patiently().until(() -> reads.json("/v1/graph/stats").getLong("entity_count") == 64);

        assertThat(rows.list(
                        "select entity_count from lightrag.graph_metadata where workspace = ? order by last_updated desc limit 1",
                        workspace))
                .containsExactly("64");
    }

    private void history(String takenAt, int entities, int relationships) {
        rows.execute(
                "insert into lightrag.graph_history (workspace, taken_at, entity_count, relationship_count, statistics)"
                        + " values (?, ?::timestamptz, ?, ?, '{}')",
                workspace,
                takenAt,
                entities,
                relationships);
    }

    private static List<Long> counts(JsonObject list, String field) {
        return Reads.objects(list.getJsonArray("points")).stream()
                .map(point -> point.getLong(field))
                .toList();
    }

    @Test
    void historyHasEveryStepAndKeepsTheLastKnownState() {
        history("2024-03-31 00:59Z", 1, 0);
        history("2024-03-31 02:00Z", 5, 2);
        history("2024-03-31 02:30Z", 7, 3);

        var hours = reads.json("/v1/graph/stats/history?step=hour&from=2024-03-30T23:45:00Z&to=2024-03-31T04:00:00Z");

        assertThat(hours.getString("from")).isEqualTo("2024-03-30T23:00:00Z");
        assertThat(hours.getString("to")).isEqualTo("2024-03-31T04:00:00Z");
        assertThat(counts(hours, "entity_count")).containsExactly(0L, 1L, 1L, 7L, 7L);
        assertThat(counts(hours, "relationship_count")).containsExactly(0L, 0L, 0L, 3L, 3L);
        // A day on which clocks changed in many places has 24 hours in UTC as any other.
        var days = reads.json("/v1/graph/stats/history?step=day&from=2024-03-30&to=2024-04-02");
        assertThat(Reads.objects(days.getJsonArray("points")))
                .extracting(point -> point.getString("starts_at"))
                .containsExactly("2024-03-30T00:00:00Z", "2024-03-31T00:00:00Z", "2024-04-01T00:00:00Z");
        assertThat(counts(days, "entity_count")).containsExactly(0L, 7L, 7L);
        var minutes =
                reads.json("/v1/graph/stats/history?step=minute&from=2024-03-31T01:59:59Z&to=2024-03-31T02:01:01Z");
        assertThat(counts(minutes, "entity_count")).containsExactly(1L, 5L, 5L);
    }

    @Test
    void theStepThatIsNowHasTheCountsOfNow() {
        history("2024-03-31 00:59Z", 1, 0);
        star(3);

        assertThat(counts(reads.json("/v1/graph/stats/history"), "entity_count"))
                .hasSize(24)
                .startsWith(1L)
                .endsWith(1L, 4L);
    }

    /** The lists of all workspaces would be no bound: whoever posts can make any number of them. */
    @Test
    void theTopOfAWorkspaceIsRightAlsoWhenManyOthersCameBetween() {
        star(3);
        for (var i = 0; i < 70; i++) {
            var other = pod.caller(workspace + i);
            other.accepted(document(
                    "other",
                    "A pair.",
                    List.of(entity("One", "RAY"), entity("Two", "RAY")),
                    List.of(relationship("One", "LIGHTS", "Two"))));
        }
        Drained.await(rows, Duration.ofMinutes(1));

        completed(document(
                "more",
                "More rays.",
                List.of(entity("Ray 1", "RAY"), entity("Ray 4", "RAY")),
                List.of(relationship("Ray 1", "LIGHTS", "Ray 4"))));

        patiently()
                .untilAsserted(() -> assertThat(Reads.objects(
                                reads.json("/v1/graph/entities/top").getJsonArray("entities")))
                        .extracting(top -> top.getString("name") + " " + top.getLong("degree"))
                        .containsExactlyInAnyOrder("Star 3", "Ray 1 2", "Ray 2 1", "Ray 3 1", "Ray 4 1"));
    }

    @Test
    void stepsThatHaveNotBegunAreLeftOut() {
        var now = Instant.now();

        var list = reads.json("/v1/graph/growth?step=hour&to=2999-01-01&from=" + now.minus(Duration.ofHours(3)));

        var points = Reads.objects(list.getJsonArray("points"));
        assertThat(points).hasSizeBetween(4, 5);
        assertThat(Instant.parse(points.getLast().getString("starts_at")))
                .isBetween(now.truncatedTo(ChronoUnit.HOURS), Instant.now());
    }

    @Test
    void growthIsZeroWhereNothingChanged() {
        var before = Instant.now();
        star(3);

        var points = Reads.objects(reads.json("/v1/graph/growth").getJsonArray("points"));

        assertThat(points).hasSize(24);
        assertThat(points.stream().filter(point -> point.getLong("entities") > 0))
                .singleElement()
                .satisfies(point -> {
                    assertThat(point.getLong("entities")).isEqualTo(4);
                    assertThat(point.getLong("relationships")).isEqualTo(3);
                    assertThat(point.getInstant("starts_at"))
                            .isBetween(before.truncatedTo(ChronoUnit.HOURS), Instant.now());
                });
        assertThat(points.getLast().getInstant("starts_at"))
                .isBetween(before.truncatedTo(ChronoUnit.HOURS), Instant.now());
        assertThat(counts(reads.json("/v1/graph/growth?step=day"), "mentions")).hasSize(30);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/graph/stats/history?step=week, step",
        "/v1/graph/stats/history?from=x, from",
        "/v1/graph/stats/history?to=2024-02-30, to",
        "/v1/graph/stats/history?step=minute&from=2024-01-01&to=2024-01-03, step",
        "/v1/graph/stats/history?from=2999-01-01, from",
        "/v1/graph/growth?from=2024-01-02&to=2024-01-01, from",
        "/v1/graph/growth?interval=hour, interval",
        "/v1/graph/entities/top?limit=101, limit",
        "/v1/graph/types?limit=1, limit",
        "/v1/graph/degrees?x=1, x",
    })
    void whatIsNotUnderstoodIsRefused(String path, String parameter) {
        isRefused(path, parameter);
    }

    @Test
    void whatHasNotChangedIsNotSentAgain() {
        star(2);
        var job = completed(document("other", "Text."));
        var star = rows.list("select id from lightrag.entities where workspace = ? and name = 'Star'", workspace)
                .getFirst();
        Drained.await(rows, Duration.ofMinutes(1));

        for (var path : List.of(
                "/v1/graph/stats",
                "/v1/graph/types",
                "/v1/graph/degrees",
                "/v1/graph/entities/top",
                "/v1/graph/entities/" + star,
                "/v1/jobs/" + job,
                "/v1/documents?source_uri=star")) {
            var first = reads.get(path);
            var again = reads.get(path, "If-None-Match", first.header("etag"));
            assertThat(first.header("etag")).as(path).startsWith("W/\"");
            assertThat(first.header("cache-control")).as(path).isEqualTo("private, no-cache");
            assertThat(again.status()).as(path).isEqualTo(304);
            assertThat(again.body()).as(path).isEmpty();
            assertThat(reads.get(path, "If-None-Match", "W/\"other\"").status())
                    .as(path)
                    .isEqualTo(200);
            assertThat(reads.get(path, "If-None-Match", "*").status()).as(path).isEqualTo(304);
        }
    }

    @Test
    void longAnswersAreCompressedAndShortOnesAreNot() {
        star(40);

        var longer = reads.get(
                "/v1/graph/subgraph?entity="
                        + rows.list("select id from lightrag.entities where workspace = ? and name = 'Star'", workspace)
                                .getFirst(),
                "Accept-Encoding",
                "gzip");
        var shorter = reads.get("/v1/graph/types", "Accept-Encoding", "gzip");
        var plain = reads.get("/v1/graph/types");

        assertThat(longer.header("content-encoding")).isEqualTo("gzip");
        assertThat(shorter.header("content-encoding")).isEmpty();
        assertThat(shorter.body()).isEqualTo(plain.body());
        var not = reads.get("/v1/graph/types", "Accept-Encoding", "gzip", "If-None-Match", plain.header("etag"));
        assertThat(not.status()).isEqualTo(304);
    }

    @Test
    void methodsThatAreInventedAreOneInTheMetrics() {
        for (var i = 0; i < 3; i++) {
            assertThat(reads.send("INVENTED" + i, "/v1/graph/types", null).status())
                    .isEqualTo(405);
        }

        assertThat(reads.get("/metrics").body())
                .contains("method=\"other\"", "method=\"GET\"")
                .doesNotContain("INVENTED");
    }

    @Test
    void pagesOfConfiguredOriginsMayReadAndAskFirst() {
        var read = reads.get("/v1/graph/stats", "Origin", "https://two.example");
        assertThat(read.header("access-control-allow-origin")).isEqualTo("https://two.example");
        assertThat(read.header("access-control-expose-headers")).contains("ETag", "Idempotency-Replayed");
        assertThat(read.headers().allValues("vary")).anyMatch(value -> value.contains("origin"));
        var asked = reads.send(
                "OPTIONS",
                "/v1/documents",
                null,
                "Origin",
                "https://one.example",
                "Access-Control-Request-Method",
                "POST");
        assertThat(asked.status()).isEqualTo(204);
        assertThat(asked.header("access-control-allow-headers")).contains("Millrace-Workspace", "Content-Encoding");

        var stranger = reads.get("/v1/graph/stats", "Origin", "https://two.example.org");
        assertThat(stranger.status()).isEqualTo(200);
        assertThat(stranger.header("access-control-allow-origin")).isEmpty();
        assertThat(reads.send(
                                "OPTIONS",
                                "/v1/documents",
                                null,
                                "Origin",
                                "null",
                                "Access-Control-Request-Method",
                                "POST")
                        .status())
                .isEqualTo(405);
    }
}
