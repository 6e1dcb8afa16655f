package io.millrace.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pg.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When facts about jobs are folded into them. */
class SweepTest {

    private final TestDatabase database = TestDatabase.create();
    private Connection connection;

    @BeforeEach
    void connect() throws SQLException {
        connection = database.connect();
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        database.close();
    }

    private void execute(String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private List<String> list(String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            var list = new ArrayList<String>();
            while (rows.next()) {
                list.add(rows.getString(1));
            }
            return list;
        }
    }

    private UUID job() throws SQLException {
        var id = UUID.randomUUID();
        execute("""
                insert into jobs.job_status (id, workspace, job_type, source_uri, document_id, fingerprint)
                values ('%1$s', 'w', 'ingest_doc', 'https://example.org/%1$s', '%1$s', '\\x00')
                """.formatted(id));
        return id;
    }

    private void chunked(UUID job, int chunks, String when) throws SQLException {
        execute("""
                insert into jobs.progress (kind, job_ids, counts, recorded_at)
                values ('chunked', array['%s'::uuid], array[%d], clock_timestamp() + interval '%s')
                """.formatted(job, chunks, when));
    }

    /** @param end where the first partition of mentions must be read to; no group has read any */
    private void extracted(UUID job, int chunks, int end) throws SQLException {
        execute(
                "insert into jobs.progress (kind, job_ids, counts, ends) values ('extracted', array['%s'::uuid], array[%d], array[%d])"
                        .formatted(job, chunks, end));
    }

    /** The jobs that it touched. */
    private List<String> sweep() throws SQLException {
        return list("select id from jobs.sweep('graph')");
    }

    private String state(UUID job) throws SQLException {
        return list("select status || ' ' || chunks_processed || '/' || coalesce(chunks_total::text, '?') from jobs.job_status where id = '"
                        + job + "'")
                .getFirst();
    }

    @Test
    void thatADocumentWasCutWaitsASecondForMore() throws SQLException {
        var job = job();
        // Its mentions are not read, so they hurry nothing.
        extracted(job, 1, 5);
        // In one statement, so that the second cannot pass in between.
        execute("""
                do $$
                begin
                  insert into jobs.progress (kind, job_ids, counts) values ('chunked', array['%s'::uuid], array[2]);
                  assert (select count(*) from jobs.sweep('graph')) = 0, 'it was folded at once';
                end $$
                """.formatted(job));
        assertThat(state(job)).isEqualTo("queued 0/?");

        execute("update jobs.progress set recorded_at = recorded_at - interval '1 second'");
        assertThat(sweep()).hasSize(1);
        assertThat(state(job)).isEqualTo("processing 0/2");
        assertThat(list("select kind from jobs.progress")).containsExactly("extracted");
    }

    @Test
    void whatEndsWithinThatSecondIsUpdatedOnce() throws SQLException {
        var job = job();
        chunked(job, 2, "0 seconds");
        extracted(job, 2, 0);
        assertThat(sweep()).hasSize(1);
        assertThat(state(job)).isEqualTo("completed 2/2");
    }

    @Test
    void whatTheGraphHasReadOfItTakesItAlong() throws SQLException {
        var job = job();
        chunked(job, 2, "0 seconds");
        extracted(job, 1, 0);
        extracted(job, 1, 5);
        assertThat(sweep()).hasSize(1);
        assertThat(state(job)).isEqualTo("processing 1/2");
        assertThat(list("select kind from jobs.progress")).containsExactly("extracted");
    }

    @Test
    void aDocumentWithoutChunksEndsAtOnce() throws SQLException {
        var job = job();
        chunked(job, 0, "0 seconds");
        assertThat(sweep()).hasSize(1);
        assertThat(state(job)).isEqualTo("completed 0/0");
    }

    @Test
    void aClockThatWasSetBackDelaysNothing() throws SQLException {
        var job = job();
        chunked(job, 2, "1 day");
        assertThat(sweep()).hasSize(1);
        assertThat(state(job)).isEqualTo("processing 0/2");
    }

    @Test
    void aFailureTakesAlongWhatWasCut() throws SQLException {
        var job = job();
        chunked(job, 2, "0 seconds");
        execute(
                "insert into jobs.progress (kind, job_ids, errors) values ('failed', array['%s'::uuid], array['broken'])"
                        .formatted(job));
        assertThat(sweep()).hasSize(1);
        assertThat(state(job)).isEqualTo("failed 0/2");
        assertThat(list("select 1 from jobs.progress")).isEmpty();
    }
}
