package io.millrace.flow;

import static io.millrace.flow.Posts.document;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.web.RawConnection;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Topics, their records, live tails of them, and groups that are moved. */
class TopicReadsTest extends PodTest {

    @Override
    Map<String, String> settings() {
        return Map.of("MILLRACE_LOG_PARTITIONS", "2", "MILLRACE_HTTP_MAX_TAILS", "2");
    }

    /** A topic of one partition with records as they are given: keys and values as bytea literals. */
    private String topic(String... values) {
        var name = "t-" + UUID.randomUUID();
        rows.list("select topic_id from stream.create_topic(?, 1)", name);
        append(name, values);
        return name;
    }

    private void append(String name, String... values) {
        if (values.length > 0) {
            rows.list("""
                    select base_offset
                    from stream.topics t,
                      stream.append(t.topic_id, 0, gen_random_uuid(), 10, array_fill('\\x6b'::bytea, array[%d]), array[%s]::bytea[], null, 0)
                    where t.name = ?
                    """.formatted(values.length, String.join(",", values)), name);
        }
    }

    private static String bytes(String text) {
        return "convert_to('" + text.replace("'", "''") + "', 'UTF8')";
    }

    private static final String INVALID_UTF8 = "'\\xff00'::bytea";

    @Test
    void topicsTellWhereTheirPartitionsBeginAndEnd() {
        var name = topic(bytes("a"), bytes("b"), bytes("c"));

        var shown = reads.json("/v1/topics/" + name);

        assertThat(shown.getLong("records")).isEqualTo(3);
        var partition = shown.getJsonArray("partitions").getJsonObject(0);
        assertThat(partition.getLong("begin_offset")).isZero();
        assertThat(partition.getLong("end_offset")).isEqualTo(3);
        assertThat(partition.getString("last_record_at")).isNotNull();
        assertThat(Reads.objects(reads.json("/v1/topics").getJsonArray("topics")))
                .extracting(topic -> topic.getString("topic"))
                .contains(name, "documents", "documents.dead-letters");
        assertThat(reads.get("/v1/topics/none").code()).isEqualTo("404 not_found");
    }

    @Test
    void aTopicOfWhichNobodyKnowsWhetherItWasMadeIsToldAsThat() {
        rows.makeDoubt();
        rows.execute("""
                create trigger doubt after insert on stream.topics
                for each row when (new.name = 'doubtful') execute function public.doubt()
                """);

        var answer = reads.post("/v1/topics", new JsonObject().put("topic", "doubtful"));

        assertThat(answer.code()).isEqualTo("504 outcome_unknown");
    }

    @Test
    void valuesAreShownAsJsonTextOrBase64() {
        var name = topic(
                bytes("{\"a\":1.000,\n \"b\":[\"\\n\"]}"),
                bytes("plain \"text\" €"),
                INVALID_UTF8,
                "null",
                bytes("{broken"),
                bytes("17"));

        var records =
                Reads.objects(reads.json("/v1/topics/" + name + "/records").getJsonArray("records"));

        assertThat(records)
                .extracting(record -> record.getString("value_encoding"))
                .containsExactly("json", "text", "base64", null, "text", "text");
        assertThat(records.get(0).getJsonObject("value").getJsonArray("b").getString(0))
                .isEqualTo("\n");
        assertThat(records.get(1).getString("value")).isEqualTo("plain \"text\" €");
        assertThat(records.get(2).getString("value")).isEqualTo("/wA=");
        assertThat(records.get(3).getValue("value")).isNull();
        assertThat(records.get(5).getString("value")).isEqualTo("17");
        assertThat(records.get(0).getString("key")).isEqualTo("k");
        assertThat(reads.get("/v1/topics/" + name + "/records").body()).contains("1.000");
    }

    @Test
    void recordsArePagedByOffset() {
        var name = topic(bytes("0"), bytes("1"), bytes("2"));
        append(name, bytes("3"), bytes("4"));

        var first = reads.json("/v1/topics/" + name + "/records?limit=2&offset=1");
        var second = reads.json("/v1/topics/" + name + "/records?limit=9&offset=" + first.getLong("next_offset"));
        var end = reads.json("/v1/topics/" + name + "/records?offset=" + second.getLong("next_offset"));

        assertThat(offsets(first)).containsExactly(1L, 2L);
        assertThat(offsets(second)).containsExactly(3L, 4L);
        assertThat(offsets(end)).isEmpty();
        assertThat(end.getLong("next_offset")).isEqualTo(5);
        assertThat(end.getLong("end_offset")).isEqualTo(5);
    }

    @Test
    void behindTheEndAPageStillTellsWhereTheEndIs() {
        var name = topic(bytes("0"), bytes("1"));

        var page = reads.json("/v1/topics/" + name + "/records?offset=" + Long.MAX_VALUE);

        assertThat(offsets(page)).isEmpty();
        assertThat(page.getLong("end_offset")).isEqualTo(2);
        assertThat(page.getLong("next_offset")).isEqualTo(Long.MAX_VALUE);
    }

    private static List<Long> offsets(JsonObject page) {
        return Reads.objects(page.getJsonArray("records")).stream()
                .map(record -> record.getLong("offset"))
                .toList();
    }

    @Test
    void recordsCanBeReadFromATimeOn() {
        var name = topic(bytes("0"));
        for (var i = 1; i < 40; i++) {
            append(name, bytes(Integer.toString(i)));
        }
        var all = Reads.objects(reads.json("/v1/topics/" + name + "/records").getJsonArray("records"));
        assertThat(all).hasSize(40);

        for (var at : List.of(0, 1, 17, 38, 39)) {
            var from = reads.json("/v1/topics/" + name + "/records?limit=1&from="
                    + all.get(at).getString("timestamp"));
            assertThat(offsets(from)).containsExactly(Long.valueOf(at));
        }
        assertThat(offsets(reads.json("/v1/topics/" + name + "/records?from=2999-01-01")))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/topics?limit=1, limit",
        "/v1/topics/documents/records, partition",
        "/v1/topics/documents/records?partition=-1, partition",
        "/v1/topics/documents/records?partition=x, partition",
        "/v1/topics/documents/records?partition=0&offset=x, offset",
        "/v1/topics/documents/records?partition=0&offset=1&from=2020-01-01, from",
        "/v1/topics/documents/records?partition=0&limit=1001, limit",
        "/v1/topics/documents/records?partition=0&tail=yes, tail",
        "/v1/topics/documents/records?tail=true&offset=0, partition",
    })
    void whatIsNotUnderstoodIsRefused(String path, String parameter) {
        isRefused(path, parameter);
    }

    @Test
    void aPartitionThatIsNotThereIsNotFound() {
        assertThat(reads.get("/v1/topics/documents/records?partition=2").code()).isEqualTo("404 not_found");
    }

    /** The place of a tail that was closed is free a little later. */
    private HttpResponse<InputStream> tail(String path, String... headers) {
        return patiently().until(() -> reads.open(path, headers), answer -> answer.statusCode() != 429);
    }

    /** Reads a live answer line by line. */
    private final class Tail implements AutoCloseable {
        private final HttpResponse<InputStream> response;
        private final BufferedReader lines;

        Tail(String path, String... headers) {
            response = tail(path, headers);
            lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
        }

        List<String> next(int count) {
            var read = new ArrayList<String>();
            try {
                while (read.size() < count) {
                    var line = lines.readLine();
                    if (line == null) {
                        break;
                    }
                    if (!line.isEmpty()) {
                        read.add(line);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return read;
        }

        @Override
        public void close() {
            try {
                response.body().close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void aTailShowsWhatComesAndEndsAtItsLimit() {
        var name = topic(bytes("before"));
        try (var tail = new Tail("/v1/topics/" + name + "/records?tail=true&limit=3", "Accept-Encoding", "gzip")) {
            assertThat(tail.response.headers().firstValue("content-type")).contains("application/x-ndjson");
            assertThat(tail.response.headers().firstValue("content-encoding")).isEmpty();

            append(name, bytes("1"), bytes("{\"a\":\n2}"));
            var two = tail.next(2).stream().map(JsonObject::new).toList();
            append(name, bytes("3"), bytes("4"));

            assertThat(two).extracting(record -> record.getLong("offset")).containsExactly(1L, 2L);
            assertThat(tail.next(9)).singleElement().asString().contains("\"offset\":3");
        }
    }

    @Test
    void aTailCanBeginAtATimeInAllOfAThousandPartitions() {
        var name = "t-" + UUID.randomUUID();
        rows.list("select topic_id from stream.create_topic(?, 1024)", name);
        append(name, bytes("0"));

        try (var tail = new Tail("/v1/topics/" + name + "/records?tail=true&from=2020-01-01&limit=1")) {
            assertThat(tail.response.statusCode()).isEqualTo(200);
            assertThat(tail.next(1)).singleElement().asString().contains("\"offset\":0");
        }
    }

    @Test
    void aTailForHttp10EndsWithItsConnectionAndGivesItsPlaceBack() {
        var name = topic(bytes("0"), bytes("1"));
        // More often than there are places.
        for (var i = 0; i < 3; i++) {
            var answer = patiently()
                    .until(
                            () -> http10("/v1/topics/" + name + "/records?tail=true&offset=0&limit=2"),
                            text -> !text.startsWith("HTTP/1.0 429"));
            assertThat(answer)
                    .startsWith("HTTP/1.0 200")
                    .containsIgnoringCase("connection: close")
                    .doesNotContainIgnoringCase("transfer-encoding")
                    .contains("\"offset\":0", "\"offset\":1");
        }
    }

    /** All that comes back to a client that would keep its connection. */
    private String http10(String path) {
        try (var connection = RawConnection.to(pod.base().getPort())) {
            return connection.exchangeToEnd(("GET " + path + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Test
    void aTailOfEventsGoesOnBehindTheLastOne() {
        var name = topic(bytes("0"), bytes("1"), bytes("2"));
        try (var tail = new Tail(
                "/v1/topics/" + name + "/records?tail=true&limit=1",
                "Accept",
                "text/event-stream",
                "Last-Event-ID",
                "0:1")) {
            assertThat(tail.response.headers().firstValue("content-type")).contains("text/event-stream");
            var lines = tail.next(9);
            assertThat(lines).hasSize(2);
            assertThat(lines.getFirst()).isEqualTo("id: 0:2");
            assertThat(lines.getLast()).startsWith("data: {").contains("\"value\":\"1\"");
        }
    }

    @Test
    void aPlaceToGoOnIsTakenAsItCameOnly() {
        for (var id : List.of("x", "0", "0:x", "0:1,", "0:1:2", "99999999999:1")) {
            var answer = reads.get(
                    "/v1/topics/events/records?tail=true&limit=1", "Accept", "text/event-stream", "Last-Event-ID", id);
            assertThat(answer.code()).as(id).isEqualTo("400 invalid_parameter");
        }
    }

    @Test
    void aTailOfAllPartitionsSeesWhatThisPodAppends() {
        try (var tail = new Tail("/v1/topics/documents/records?tail=true&limit=20")) {
            var jobs = caller.acceptedAll(java.util.stream.IntStream.range(0, 20)
                    .mapToObj(i -> document("tailed/" + i, "Content"))
                    .toList());

            var seen = tail.next(20).stream()
                    .map(line -> new JsonObject(line).getJsonObject("value").getString("job_id"))
                    .toList();
            assertThat(seen)
                    .containsExactlyInAnyOrderElementsOf(
                            jobs.stream().map(UUID::toString).toList());
        }
    }

    @Test
    void aReaderThatStopsReadingHoldsUpNobodyAndItsPlaceIsFreedWhenItGoes() {
        var name = topic();
        for (var i = 0; i < 40; i++) {
            append(name, "convert_to(repeat('x', 500000), 'UTF8')");
        }
        // One more than there are: a tail at its limit ends, once the sockets' buffers have taken what nobody reads.
        var path = "/v1/topics/" + name + "/records?tail=true&offset=0&limit=41";
        try (var slow = new Tail(path);
                var other = new Tail(path)) {
            assertThat(reads.get(path).code()).isEqualTo("429 overloaded");
            assertThat(other.next(40)).hasSize(40);
            assertThat(slow.next(1)).hasSize(1);
        }
        try (var again = new Tail("/v1/topics/" + name + "/records?tail=true&offset=39&limit=1")) {
            assertThat(again.response.statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aGroupIsMovedBackAndDoesItsWorkAgain() {
        completed(document("seek", "Ada Lovelace wrote to Charles Babbage."));
        patiently().until(this::lag, lag -> lag == 0);

        var moved = reads.post("/v1/groups/chunk/seek?to=begin", new JsonObject());

        assertThat(moved.status()).as(moved.body()).isEqualTo(200);
        var partitions = Reads.objects(moved.json().getJsonArray("partitions"));
        assertThat(partitions)
                .hasSize(2)
                .allSatisfy(
                        partition -> assertThat(partition.getLong("to_offset")).isZero());
        patiently().until(this::lag, lag -> lag == 0);
        assertThat(rows.count(
                        "select count(*) from jobs.document_versions v join jobs.documents d using (document_id)"
                                + " where d.workspace = ?",
                        workspace))
                .isOne();
    }

    /** Of the stages; other tests make groups that nobody serves. */
    private long lag() {
        return rows.count("select sum(lag) from stream.lag where \"group\" in ('chunk', 'extract', 'graph', 'stats')");
    }

    @Test
    void aGroupSkipsRecordsOnlyWhenThatIsAllowed() {
        var name = topic(bytes("0"), bytes("1"), bytes("2"), bytes("3"));
        rows.list(
                "select group_id from stream.topics t, stream.create_group(?, t.topic_id) where t.name = ?",
                name,
                name);

        assertThat(reads.post("/v1/groups/" + name + "/seek?to=end", new JsonObject())
                        .code())
                .isEqualTo("409 conflict");
        var skipped = reads.post("/v1/groups/" + name + "/seek?offset=3&partition=0&allow_skip=true", new JsonObject());
        assertThat(skipped.json().getJsonArray("partitions").getJsonObject(0))
                .isEqualTo(new JsonObject()
                        .put("partition", 0)
                        .put("from_offset", 0)
                        .put("to_offset", 3));
        var timestamp = reads.json("/v1/topics/" + name + "/records")
                .getJsonArray("records")
                .getJsonObject(0)
                .getString("timestamp");
        var back = reads.post("/v1/groups/" + name + "/seek?time=" + timestamp, new JsonObject());
        assertThat(back.json().getJsonArray("partitions").getJsonObject(0).getLong("to_offset"))
                .isZero();
        // It had been at 3 before, but by skipping: what it passed over it has still not read.
        assertThat(reads.post("/v1/groups/" + name + "/seek?offset=3&partition=0", new JsonObject())
                        .code())
                .isEqualTo("409 conflict");
        assertThat(reads.post("/v1/groups/" + name + "/seek?offset=3&partition=0&allow_skip=true", new JsonObject())
                        .status())
                .isEqualTo(200);
        assertThat(rows.count("select committed_offset from stream.group_partitions where \"group\" = ?", name))
                .isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/groups/chunk/seek, 400 invalid_parameter",
        "/v1/groups/chunk/seek?to=middle, 400 invalid_parameter",
        "/v1/groups/chunk/seek?to=end&time=2020-01-01, 400 invalid_parameter",
        "/v1/groups/chunk/seek?offset=1, 400 invalid_parameter",
        "/v1/groups/chunk/seek?offset=99999999&partition=0, 400 invalid_parameter",
        "/v1/groups/chunk/seek?to=begin&partition=2, 400 invalid_parameter",
        "/v1/groups/chunk/seek?to=begin&force=true, 400 invalid_parameter",
        "/v1/groups/none/seek?to=begin, 404 not_found",
    })
    void aSeekThatIsNotUnderstoodMovesNothing(String path, String code) {
        assertThat(reads.post(path, new JsonObject()).code()).isEqualTo(code);
    }
}
