package io.millrace.ingest;

import java.util.List;

/** Documents to be accepted together, all or none; answered by an {@link IngestReply}. */
public record IngestRequest(List<Submission> submissions) {

    public static final String ADDRESS = "millrace.ingest";

    public IngestRequest {
        submissions = List.copyOf(submissions);
    }
}
