package io.millrace.flow;

import static io.millrace.flow.Posts.document;
import static io.millrace.flow.Posts.paragraph;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lists of jobs, and what came of one. */
class JobReadsTest extends PodTest {

    private static List<String> ids(List<JsonObject> jobs) {
        return jobs.stream().map(job -> job.getString("id")).toList();
    }

    @Test
    void jobsAreListedNewestFirstAndEachOnce() {
        var posted = new ArrayList<String>();
        for (var i = 0; i < 4; i++) {
            caller.acceptedAll(IntStream.range(i * 3, i * 3 + 3)
                            .mapToObj(number -> document("page/" + number, "Content " + number))
                            .toList())
                    .forEach(id -> posted.add(id.toString()));
        }

        var listed = reads.all("/v1/jobs?limit=5", "jobs");

        assertThat(ids(listed)).containsExactlyInAnyOrderElementsOf(posted);
        assertThat(listed)
                .isSortedAccordingTo(Comparator.comparing((JsonObject job) -> job.getInstant("created_at"))
                        .thenComparing(job -> job.getString("id"))
                        .reversed());
        assertThat(pod.reads("another").json("/v1/jobs").getJsonArray("jobs")).isEmpty();
    }

    @Test
    void asManyIdsAsMayBeAskedForFitIntoARequest() {
        var job = completed(document("asked for", "Content"));
        var ids = IntStream.range(0, 199).mapToObj(i -> UUID.randomUUID().toString());

        var named = reads.json("/v1/jobs?ids=" + job + "," + ids.collect(Collectors.joining(",")));

        assertThat(ids(Reads.objects(named.getJsonArray("jobs")))).containsExactly(job.toString());
        assertThat(named.getJsonArray("missing")).hasSize(199);
    }

    @Test
    void whatHasTheLongestSourceUriCanBeReadAgain() {
        var longest = "😀".repeat(2_048);
        var job = completed(document(longest, "Content"));

        assertThat(ids(reads.all("/v1/jobs?source_uri=" + Reads.encoded(longest), "jobs")))
                .containsExactly(job.toString());
    }

    @Test
    void aLongPageIsWholeAlthoughItIsReadInParts() {
        var posted = caller.acceptedAll(IntStream.range(0, 70)
                .mapToObj(i -> document("small/" + i, "Content " + i))
                .toList());

        var page = reads.json("/v1/jobs?limit=500");

        assertThat(ids(Reads.objects(page.getJsonArray("jobs"))))
                .containsExactlyInAnyOrderElementsOf(
                        posted.stream().map(UUID::toString).toList());
        assertThat(page.getString("next_cursor")).isNull();
    }

    @Test
    void aPageOfLargeJobsEndsAfterAMebibyteAndGoesOn() {
        var metadata = new JsonObject().put("a", "m".repeat(60_000));
        var posted = caller.acceptedAll(IntStream.range(0, 40)
                .mapToObj(i -> document("large/" + i, "Content " + i).put("metadata", metadata))
                .toList());

        var page = reads.get("/v1/jobs?limit=500");

        assertThat(page.body().length()).isBetween(1 << 19, 3 << 19);
        assertThat(page.json().getString("next_cursor")).isNotNull();
        assertThat(ids(reads.all("/v1/jobs?limit=500", "jobs")))
                .containsExactlyInAnyOrderElementsOf(
                        posted.stream().map(UUID::toString).toList());
    }

    @Test
    void aSemicolonIsPartOfAValue() {
        var job = completed(document("http://x/a;limit=1", "First"));
        completed(document("http://x/a", "Second"));

        assertThat(ids(reads.all("/v1/jobs?source_uri=http://x/a;limit=1", "jobs")))
                .containsExactly(job.toString());
    }

    @Test
    void filtersNarrowTheList() {
        var crawl = completed(document("a", "First").put("job_type", "crawl_web"));
        var first = completed(document("b/ä?&", "Second"));
        var second = completed(document("b/ä?&", "Second, changed"));
        rows.execute(
                "update jobs.job_status set created_at = '2020-05-05 05:05:05.123456+00', status = 'failed' where id = ?",
                crawl);

        assertThat(ids(reads.all("/v1/jobs?job_type=crawl_web", "jobs"))).containsExactly(crawl.toString());
        assertThat(ids(reads.all("/v1/jobs?status=failed", "jobs"))).containsExactly(crawl.toString());
        assertThat(ids(reads.all("/v1/jobs?status=failed&job_type=other", "jobs")))
                .isEmpty();
        assertThat(ids(reads.all("/v1/jobs?limit=1&source_uri=" + Reads.encoded("b/ä?&"), "jobs")))
                .containsExactly(second.toString(), first.toString());
        assertThat(ids(reads.all("/v1/jobs?source_uri=" + Reads.encoded("b/ä?&") + "&status=failed", "jobs")))
                .isEmpty();
        assertThat(ids(reads.all("/v1/jobs?to=2020-05-06", "jobs"))).containsExactly(crawl.toString());
        assertThat(ids(reads.all("/v1/jobs?from=2020-05-05T05:05:05.123456Z&to=2020-05-05T05:05:05.123457Z", "jobs")))
                .containsExactly(crawl.toString());
        assertThat(ids(reads.all("/v1/jobs?from=2020-05-05T07:05:05.2%2B02:00", "jobs")))
                .containsExactly(second.toString(), first.toString());
        assertThat(ids(reads.all("/v1/jobs?limit=1&from=2021-01-01", "jobs")))
                .containsExactly(second.toString(), first.toString());
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/jobs?state=failed, state",
        "/v1/jobs?status=done, status",
        "/v1/jobs?from=yesterday, from",
        "/v1/jobs?to=2020-13-01, to",
        "/v1/jobs?to=2020-01-01T00:00:00, to",
        "/v1/jobs?from=2020-01-01T00:00:00+02:00, from",
        "/v1/jobs?from=%2B999999999-01-01T00:00:00Z, from",
        "/v1/jobs?from=2020-01-02&to=2020-01-01, to",
        "/v1/jobs?limit=0, limit",
        "/v1/jobs?limit=501, limit",
        "/v1/jobs?limit=ten, limit",
        "/v1/jobs?cursor=, cursor",
        "/v1/jobs?cursor=abc, cursor",
        "/v1/jobs?cursor=%25%25, cursor",
        "/v1/jobs?cursor=am9icw, cursor",
        "/v1/jobs?source_uri=%00, source_uri",
        "/v1/jobs?limit=1&limit=1, limit",
        "/v1/jobs?limit=1;status=failed, limit",
        "/v1/jobs?ids=17, ids",
        "/v1/jobs?ids=00000000-0000-0000-0000-000000000000&limit=1, limit",
        "/v1/jobs/17/results, id",
        "/v1/jobs/00000000-0000-0000-0000-000000000000/results?limit=101, limit",
    })
    void whatIsNotUnderstoodIsRefused(String path, String parameter) {
        isRefused(path, parameter);
    }

    @Test
    void resultsAreTheChunksOfTheVersionInTheOrderOfTheText() {
        var text = paragraph("mill", 30);
        var job = completed(document("mill", text));

        var chunks = reads.all("/v1/jobs/" + job + "/results?limit=2", "results");

        assertThat(chunks).hasSizeGreaterThan(3);
        assertThat(chunks.stream().map(chunk -> chunk.getLong("position")))
                .containsExactlyElementsOf(java.util.stream.LongStream.rangeClosed(1, chunks.size())
                        .boxed()
                        .toList());
        assertThat(chunks)
                .allSatisfy(chunk ->
                        assertThat(chunk.getInteger("entities_extracted")).isNotNull());
        assertThat(together(chunks)).isEqualTo(text);
        assertThat(reads.json("/v1/jobs/" + job + "/results").getString("scope"))
                .isEqualTo("version");
    }

    private static String together(List<JsonObject> chunks) {
        var text = new StringBuilder();
        chunks.forEach(chunk -> text.append(chunk.getString("content").substring(chunk.getInteger("overlap"))));
        return text.toString();
    }

    @Test
    void aRepetitionHasTheResultsOfWhatItRepeats() {
        var first = completed(document("same", "The same text."));
        var again = completed(document("same", "The same text."));

        assertThat(reads.json("/v1/jobs/" + again + "/results").getJsonArray("results"))
                .isEqualTo(reads.json("/v1/jobs/" + first + "/results").getJsonArray("results"))
                .hasSize(1);
    }

    @Test
    void aSupersededJobHasTheChunksThatItBrought() {
        var first = completed(document("page", "One version."));
        completed(document("page", "Another version."));

        var page = reads.json("/v1/jobs/" + first + "/results");

        assertThat(page.getString("scope")).isEqualTo("job");
        assertThat(page.getJsonArray("results").getJsonObject(0).getString("content"))
                .isEqualTo("One version.");
    }

    @Test
    void anUnknownJobHasNoResults() {
        assertThat(reads.get("/v1/jobs/" + UUID.randomUUID() + "/results").code())
                .isEqualTo("404 not_found");
    }
}
