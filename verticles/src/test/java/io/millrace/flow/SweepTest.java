package io.millrace.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pg.TestDatabase;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When facts about jobs are folded into them. */
class SweepTest {

    private final TestDatabase database = TestDatabase.create();
    private final Rows rows = new Rows(database);

    @AfterEach
    void close() {
        rows.close();
        database.close();
    }

    private UUID job() {
        var id = UUID.randomUUID();
        rows.execute("""
                insert into jobs.job_status (id, workspace, job_type, source_uri, document_id, fingerprint)
                values ('%1$s', 'w', 'ingest_doc', 'https://example.org/%1$s', '%1$s', '\\x00')
                """.formatted(id));
        return id;
    }

    private void chunked(UUID job, int chunks, String when) {
        rows.execute("""
                insert into jobs.progress (kind, job_ids, counts, recorded_at)
                values ('chunked', array['%s'::uuid], array[%d], clock_timestamp() + interval '%s')
                """.formatted(job, chunks, when));
    }

    /** @param end where the first partition of mentions must be read to; no group has read any */
    private void extracted(UUID job, int chunks, int end) {
        rows.execute(
                "insert into jobs.progress (kind, job_ids, counts, ends) values ('extracted', array['%s'::uuid], array[%d], array[%d])"
                        .formatted(job, chunks, end));
    }

    /** The jobs that it touched. */
    private List<String> sweep() {
        return rows.list("select id from jobs.sweep('graph')");
    }

    private String state(UUID job) {
        return rows.list(
                        "select status || ' ' || chunks_processed || '/' || coalesce(chunks_total::text, '?') from jobs.job_status where id = '"
                                + job + "'")
                .getFirst();
    }

    @Test
    void thatADocumentWasCutWaitsASecondForMore() {
        var job = job();
        // Its mentions are not read, so they hurry nothing.
        extracted(job, 1, 5);
        // In one statement, so that the second cannot pass in between.
        rows.execute("""
                do $$
                begin
                  insert into jobs.progress (kind, job_ids, counts) values ('chunked', array['%s'::uuid], array[2]);
                  assert (select count(*) from jobs.sweep('graph')) = 0, 'it was folded at once';
                end $$
                """.formatted(job));
        assertThat(state(job)).isEqualTo("queued 0/?");

        rows.execute("update jobs.progress set recorded_at = recorded_at - interval '1 second'");
        assertThat(sweep()).hasSize(1);
        assertThat(state(job)).isEqualTo("processing 0/2");
        assertThat(rows.list("select kind from jobs.progress")).containsExactly("extracted");
    }

    @Test
    void whatEndsWithinThatSecondIsUpdatedOnce() {
        var job = job();
        chunked(job, 2, "0 seconds");
        extracted(job, 2, 0);
        assertThat(sweep()).hasSize(1);
        assertThat(state(job)).isEqualTo("completed 2/2");
    }

    @Test
    void whatTheGraphHasReadOfItTakesItAlong() {
        var job = job();
        chunked(job, 2, "0 seconds");
        extracted(job, 1, 0);
        extracted(job, 1, 5);
        assertThat(sweep()).hasSize(1);
        assertThat(state(job)).isEqualTo("processing 1/2");
        assertThat(rows.list("select kind from jobs.progress")).containsExactly("extracted");
    }

    @Test
    void aDocumentWithoutChunksEndsAtOnce() {
        var job = job();
        chunked(job, 0, "0 seconds");
        assertThat(sweep()).hasSize(1);
        assertThat(state(job)).isEqualTo("completed 0/0");
    }

    @Test
    void aClockThatWasSetBackDelaysNothing() {
        var job = job();
        chunked(job, 2, "1 day");
        assertThat(sweep()).hasSize(1);
        assertThat(state(job)).isEqualTo("processing 0/2");
    }

    @Test
    void aFailureTakesAlongWhatWasCut() {
        var job = job();
        chunked(job, 2, "0 seconds");
        rows.execute(
                "insert into jobs.progress (kind, job_ids, errors) values ('failed', array['%s'::uuid], array['broken'])"
                        .formatted(job));
        assertThat(sweep()).hasSize(1);
        assertThat(state(job)).isEqualTo("failed 0/2");
        assertThat(rows.list("select 1 from jobs.progress")).isEmpty();
    }
}
