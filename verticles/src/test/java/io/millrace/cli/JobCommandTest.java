package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JobCommandTest {

    private static final String ID = "01900000-0000-7000-8000-000000000001";
    private static final String OTHER = "01900000-0000-7000-8000-000000000002";
    private static final String JOB = """
            {"id":"%s","workspace":"default","job_type":"ingest_doc","status":"failed","source_uri":"file:///a.txt",
            "document_id":"d","chunks_total":1500,"chunks_processed":1200,"created_at":"2026-11-21T12:00:00Z",
            "started_at":"2026-11-21T12:00:00.25Z","completed_at":null,"metadata":{},"error_message":"extractor gave up"}""".formatted(ID);

    private final FakeMillrace server = new FakeMillrace();

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void oneJobIsShownInFull() {
        server.answer("/v1/jobs/" + ID, JOB);

        var run = job("show", ID);

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).isEqualTo("""
                        Job        01900000-0000-7000-8000-000000000001
                        Status     failed
                        Document   file:///a.txt
                        Type       ingest_doc
                        Chunks     1,200 of 1,500
                        Created    2026-11-21 12:00:00 UTC
                        Started    2026-11-21 12:00:00 UTC (+0.3 s)
                        Completed  -
                        Error      extractor gave up
                        """);
    }

    @Test
    void severalJobsAreATableAndUnknownOnesAreTold() {
        server.answer("/v1/jobs?ids=" + ID + "," + OTHER, "{\"jobs\":[%s],\"missing\":[\"%s\"]}".formatted(JOB, OTHER));

        var run = job("show", ID, OTHER);

        assertThat(run.out()).isEqualTo("""
                        JOB                                   STATUS          CHUNKS  CREATED                  DOCUMENT
                        01900000-0000-7000-8000-000000000001  failed  1,200 of 1,500  2026-11-21 12:00:00 UTC  file:///a.txt (extractor gave up)
                        """);
        assertThat(run.err()).isEqualTo("millrace: no job " + OTHER + "\n");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void asJsonTheServersAnswerIsUnchanged() throws Exception {
        server.answer("/v1/jobs/" + ID, JOB);

        assertThat(Json.MAPPER.readTree(job("show", "-o", "json", ID).out())).isEqualTo(Json.MAPPER.readTree(JOB));
    }

    @Test
    void anUnknownJobIsAFailure() {
        var run = job("show", ID);

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("(404 not_found)");
    }

    @Test
    void whatIsNoIdIsWrongUsage() {
        assertThat(job("show", "x").exitCode()).isEqualTo(2);
        assertThat(job("show").exitCode()).isEqualTo(2);
        assertThat(server.paths()).isEmpty();
    }

    private CommandRun job(String... arguments) {
        var all = new ArrayList<>(List.of("job"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--url", server.uri().toString()));
        return CommandRun.of(CommandRun.surroundings(new FakeTime(), ""), all.toArray(String[]::new));
    }
}
