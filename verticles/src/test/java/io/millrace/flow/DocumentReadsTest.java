package io.millrace.flow;

import static io.millrace.flow.Posts.document;
import static io.millrace.flow.Posts.paragraph;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A document with its versions, and its content as it came. */
class DocumentReadsTest extends PodTest {

    private static final String ODD = "\u00a0 Zażółć\r\n\tgęślą \ud83d\ude00 \u2028 \"jaźń\" \\ \u0001\n\n ";

    private JsonObject shown(String sourceUri, String more) {
        return reads.json("/v1/documents?source_uri=" + Reads.encoded(sourceUri) + more);
    }

    private static List<Long> versions(JsonObject shown) {
        return Reads.objects(shown.getJsonArray("versions")).stream()
                .map(version -> version.getLong("version"))
                .toList();
    }

    /** As if retention had dropped the segment that the records were in. */
    private void forgetTheLog() {
        rows.execute("""
                update stream.segment_starts s
                set base_offset = e.end_offset
                from stream.topics t, stream.partitions p, lateral stream.tail(p.topic_id, p.partition_id) e
                where t.name = 'documents' and p.topic_id = t.topic_id
                  and s.topic_id = p.topic_id and s.partition_id = p.partition_id
                """);
    }

    @Test
    void theContentIsByteForByteWhatWasPosted() {
        completed(document("https://example.org/ä?b=c&d#e", ODD));

        var shown = shown("https://example.org/ä?b=c&d#e", "");

        assertThat(shown.getString("content")).isEqualTo(ODD);
        assertThat(shown.getString("content_source")).isEqualTo("log");
        assertThat(shown.getBoolean("content_exact")).isTrue();
        assertThat(shown.getString("source_uri")).isEqualTo("https://example.org/ä?b=c&d#e");
        assertThat(shown.getString("workspace")).isEqualTo(workspace);
    }

    @Test
    void aLargeContentComesBackWhole() {
        var text = paragraph("large mill", 20_000);
        // No entities are looked for in what comes with its own, if only with none.
        completed(document("large", text, List.of(), List.of()));

        assertThat(shown("large", "").getString("content")).isEqualTo(text);
    }

    @Test
    void everyVersionIsListedNewestFirst() {
        var first = completed(document("page", "The first."));
        completed(document("page", "The second."));
        completed(document("page", "The second."));
        var last = completed(document("page", "The third."));

        var shown = shown("page", "");

        var listed = Reads.objects(shown.getJsonArray("versions"));
        assertThat(listed).hasSize(3);
        assertThat(listed.getFirst().getString("job_id")).isEqualTo(last.toString());
        assertThat(listed.getFirst().getBoolean("current")).isTrue();
        assertThat(listed.getFirst().getString("status")).isEqualTo("completed");
        assertThat(listed.getLast().getString("job_id")).isEqualTo(first.toString());
        assertThat(listed.getLast().getBoolean("current")).isFalse();
        assertThat(listed.getLast().getInteger("chunks")).isEqualTo(1);
        assertThat(shown.getLong("version")).isEqualTo(listed.getFirst().getLong("version"));
        assertThat(versions(shown)).isSortedAccordingTo(java.util.Comparator.reverseOrder());
        assertThat(reads.all("/v1/documents?source_uri=page&limit=1&content=false", "versions"))
                .isEqualTo(listed);
    }

    @Test
    void anEarlierVersionCanBeReadWhileTheLogHoldsIt() {
        completed(document("page", "The first."));
        completed(document("page", "The second."));
        var earlier = versions(shown("page", "")).getLast();

        var shown = shown("page", "&version=" + earlier);

        assertThat(shown.getString("content")).isEqualTo("The first.");
        assertThat(shown.getLong("content_version")).isEqualTo(earlier);
        assertThat(reads.get("/v1/documents?source_uri=page&version=123456").code())
                .isEqualTo("404 not_found");
    }

    @Test
    void withoutTheLogTheChunksArePutTogether() {
        var text = paragraph("forgotten mill", 30) + "\n\n" + ODD;
        completed(document("plain", text));
        completed(document("page", "<p>Seen</p><script>unseen</script>").put("content_type", "text/html"));
        completed(document("old", "The first."));
        completed(document("old", "The second."));
        var old = versions(shown("old", "")).getLast();
        forgetTheLog();

        var plain = shown("plain", "");
        assertThat(plain.getString("content_source")).isEqualTo("chunks");
        assertThat(plain.getBoolean("content_exact")).isTrue();
        assertThat(plain.getString("content")).isEqualTo(text);
        var page = shown("page", "");
        assertThat(page.getBoolean("content_exact")).isFalse();
        assertThat(page.getString("content")).contains("Seen").doesNotContain("script");
        var gone = shown("old", "&version=" + old);
        assertThat(gone.getValue("content")).isNull();
        assertThat(gone.getValue("content_source")).isNull();
    }

    @Test
    void aDocumentThatWaitsIsKnown() {
        var job = completed(document("waiting", "Waits."));
        rows.execute("delete from jobs.documents where job_id = ?", job);
        rows.execute("delete from jobs.document_versions where job_id = ?", job);
        rows.execute("update jobs.job_status set completed_at = null, status = 'queued' where id = ?", job);

        var shown = shown("waiting", "");

        assertThat(shown.getValue("version")).isNull();
        assertThat(shown.getJsonArray("versions")).isEmpty();
        assertThat(shown.getJsonArray("waiting").getJsonObject(0).getString("job_id"))
                .isEqualTo(job.toString());
    }

    @Test
    void anUnknownDocumentIsNotFoundAndAnotherWorkspacesIsUnknown() {
        completed(document("page", "Text."));

        assertThat(reads.get("/v1/documents?source_uri=pag").code()).isEqualTo("404 not_found");
        assertThat(pod.reads("elsewhere").get("/v1/documents?source_uri=page").code())
                .isEqualTo("404 not_found");
    }

    @Test
    void anUnchangedDocumentIsNotSentAgain() {
        completed(document("page", "Text."));
        var first = reads.get("/v1/documents?source_uri=page");
        var tag = first.header("etag");

        var again = reads.get("/v1/documents?source_uri=page", "If-None-Match", "\"other\", " + tag);
        assertThat(again.status()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(again.header("etag")).isEqualTo(tag);
        completed(document("page", "Changed."));
        assertThat(reads.get("/v1/documents?source_uri=page", "If-None-Match", tag)
                        .status())
                .isEqualTo(200);
        assertThat(first.header("vary")).contains("Millrace-Workspace");
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/documents, source_uri",
        "/v1/documents?source_uri=a&version=-1, version",
        "/v1/documents?source_uri=a&version=99999999999999999999, version",
        "/v1/documents?source_uri=a&content=yes, content",
        "/v1/documents?source_uri=a&cursor=am9icw, cursor",
        "/v1/documents?source_uri=a&limit=201, limit",
        "/v1/documents?uri=a, uri",
    })
    void whatIsNotUnderstoodIsRefused(String path, String parameter) {
        isRefused(path, parameter);
    }
}
