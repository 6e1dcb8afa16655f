package io.millrace.flow;

import static io.millrace.flow.Posts.document;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.verify.Verification;
import io.vertx.core.json.JsonObject;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Dead letters: seen, tried again once, or dropped. */
class DeadLetterReadsTest extends PodTest {

    private static final String POISON = "poison";

    @Override
    Map<String, String> settings() {
        return Map.of("MILLRACE_LOG_PARTITIONS", "2", "MILLRACE_GROUPS_MAX_ATTEMPTS", "1");
    }

    /** A trigger that refuses what a document of this workspace says of poison, for as long as it is there. */
    private void poison() {
        rows.execute("""
                create or replace function jobs.refuse() returns trigger language plpgsql as $$
                begin
                  if exists (select from jobs.documents d where d.document_id = new.document_id) then null; end if;
                  if new.content like '%poison%' then raise exception 'poisoned' using errcode = '23514'; end if;
                  return new;
                end $$
                """);
        rows.execute("drop trigger if exists refuse on jobs.chunks");
        rows.execute("create trigger refuse before insert on jobs.chunks for each row execute function jobs.refuse()");
    }

    private void cure() {
        rows.execute("drop trigger if exists refuse on jobs.chunks");
    }

    private UUID failed(String sourceUri, String content) {
        poison();
        var job = caller.accepted(document(sourceUri, content));
        assertThat(ended(job).getString("status")).isEqualTo("failed");
        return job;
    }

    private JsonObject letter(String sourceUri) {
        return reads.all("/v1/deadletters?topic=documents&limit=2&state=all", "deadletters").stream()
                .filter(letter -> letter.getString("key").equals(workspace + "/" + sourceUri))
                .reduce((first, last) -> last)
                .orElseThrow();
    }

    private static String path(JsonObject letter) {
        return "/v1/deadletters/%s/%d/%d"
                .formatted(letter.getString("topic"), letter.getInteger("partition"), letter.getLong("offset"));
    }

    private Reads.Answer act(JsonObject letter, String action) {
        return reads.post(path(letter) + "/" + action, new JsonObject());
    }

    @Test
    void aLetterTellsWhereItComesFromAndWhy() {
        failed("seen", POISON);

        var letter = letter("seen");

        assertThat(letter.getString("group")).isEqualTo("chunk");
        assertThat(letter.getString("reason")).contains("poisoned");
        assertThat(letter.getString("state")).isEqualTo("open");
        assertThat(letter.getInteger("original_partition")).isBetween(0, 1);
        assertThat(letter.getLong("original_offset")).isNotNegative();
        assertThat(letter.getInteger("value_bytes")).isPositive();
        var detail = reads.json(path(letter));
        assertThat(detail.getJsonObject("deadletter")).isEqualTo(letter);
        assertThat(detail.getJsonObject("value").getString("content")).isEqualTo(POISON);
        assertThat(rows.list(
                        "select \"group\", original_partition, original_offset, state from stream.dead_letters where convert_from(key, 'UTF8') = ?",
                        workspace + "/seen"))
                .containsExactly("chunk | %d | %d | open"
                        .formatted(letter.getInteger("original_partition"), letter.getLong("original_offset")));
        cure();
    }

    @Test
    void aRetriedDocumentIsFollowedToItsEnd() throws SQLException {
        var job = failed("retried", POISON);
        var letter = letter("retried");
        cure();

        var retried = act(letter, "retry");

        assertThat(retried.status()).as(retried.body()).isEqualTo(200);
        assertThat(retried.json().getInteger("appended_partition")).isEqualTo(letter.getInteger("original_partition"));
        completed(job);
        assertThat(act(letter, "retry").code()).isEqualTo("409 conflict");
        assertThat(act(letter, "drop").code()).isEqualTo("409 conflict");
        assertThat(letter("retried").getString("state")).isEqualTo("retried");
        assertThat(letter("retried").getString("decided_at")).isNotNull();
        assertThat(reads.all("/v1/deadletters?limit=1", "deadletters"))
                .extracting(DeadLetterReadsTest::path)
                .doesNotContain(path(letter));
        patiently()
                .untilAsserted(() -> assertThat(rows.list(
                                "select name, value from jobs.totals where workspace = ? and value > 0", workspace))
                        .containsExactly("jobs_completed | 1"));
        assertThat(Verification.run(rows.connection()).checks())
                .filteredOn(check -> check.name().equals("jobs"))
                .singleElement()
                .satisfies(check -> assertThat(check.examples()).isEmpty());
    }

    @Test
    void ofManyRetriesAtOnceOneCounts() {
        var job = failed("many", POISON);
        var letter = letter("many");
        cure();
        var before = documents();

        var answers = IntStream.range(0, 8)
                .mapToObj(i ->
                        CompletableFuture.supplyAsync(() -> act(letter, "retry").status()))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();

        assertThat(answers).containsOnlyOnce(200);
        assertThat(answers.stream().filter(status -> status == 409)).hasSize(7);
        assertThat(documents()).isEqualTo(before + 1);
        completed(job);
    }

    private long documents() {
        return rows.count("select sum(records) from stream.topic_partitions where topic = 'documents'");
    }

    @Test
    void anOldVersionDoesNotReplaceANewerOne() {
        failed("page", POISON);
        var letter = letter("page");
        cure();
        completed(document("page", "The newer content."));
        var before = documents();

        assertThat(act(letter, "retry").code()).isEqualTo("409 conflict");

        assertThat(documents()).isEqualTo(before);
        assertThat(letter("page").getString("state")).isEqualTo("open");
        assertThat(act(letter, "drop").json().getString("state")).isEqualTo("dropped");
        assertThat(act(letter, "drop").code()).isEqualTo("409 conflict");
        assertThat(act(letter, "retry").code()).isEqualTo("409 conflict");
        assertThat(reads.json("/v1/documents?source_uri=page").getString("content"))
                .isEqualTo("The newer content.");
    }

    @Test
    void aVersionThatIsOnItsWayCountsAsNewer() {
        failed("coming", POISON);
        var letter = letter("coming");
        cure();
        var coming = completed(document("coming", "On its way."));
        rows.execute("delete from jobs.documents where job_id = ?", coming);
        rows.execute("update jobs.job_status set completed_at = null, status = 'queued' where id = ?", coming);

        assertThat(act(letter, "retry").code()).isEqualTo("409 conflict");

        rows.execute("update jobs.job_status set completed_at = now(), status = 'completed' where id = ?", coming);
    }

    @Test
    void aRetryThatFailsAgainIsAnotherLetter() {
        var job = failed("again", POISON);
        var first = letter("again");

        assertThat(act(first, "retry").status()).isEqualTo(200);
        patiently().until(() -> !path(letter("again")).equals(path(first)));

        assertThat(ended(job).getString("status")).isEqualTo("failed");
        assertThat(letter("again").getLong("original_offset")).isGreaterThan(first.getLong("original_offset"));
        cure();
    }

    @Test
    void lettersOfOtherStatesAndTopicsAreListedApart() {
        failed("one", POISON);
        failed("two", POISON);
        act(letter("one"), "drop");
        cure();

        assertThat(states("?state=open")).containsOnly("open");
        assertThat(states("?state=dropped")).contains("dropped").containsOnly("dropped");
        assertThat(states("?topic=chunks")).isEmpty();
        assertThat(states("?topic=none")).isEmpty();
    }

    private List<String> states(String query) {
        return reads.all("/v1/deadletters" + query, "deadletters").stream()
                .map(letter -> letter.getString("state"))
                .distinct()
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/deadletters?state=new, state",
        "/v1/deadletters?limit=0, limit",
        "/v1/deadletters?cursor=x, cursor",
        "/v1/deadletters/documents/x/0, partition",
        "/v1/deadletters/documents/0/-1, offset",
        "/v1/deadletters/documents/0/0?value=true, value",
    })
    void whatIsNotUnderstoodIsRefused(String path, String parameter) {
        isRefused(path, parameter);
    }

    @Test
    void aLetterThatIsNotThereIsNotFound() {
        assertThat(reads.get("/v1/deadletters/documents/0/999999").code()).isEqualTo("404 not_found");
        assertThat(reads.get("/v1/deadletters/none/0/0").code()).isEqualTo("404 not_found");
        assertThat(reads.post("/v1/deadletters/documents/7/0/retry", new JsonObject())
                        .code())
                .isEqualTo("404 not_found");
    }

    @Test
    void aPageOfAnotherOriginMayNotAct() {
        var answer =
                reads.send("POST", "/v1/deadletters/documents/0/0/drop", "", "Origin", "https://elsewhere.example");

        assertThat(answer.code()).isEqualTo("403 forbidden_origin");
    }
}
