package io.millrace.ingest;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Documents to be accepted together, all or none; answered by an {@link IngestReply}.
 *
 * @param fingerprint with an idempotency key, from which the jobs' ids were then made: what tells a repeat of this request
 *     from another one under its key
 */
public record IngestRequest(
        List<Submission> submissions, @Nullable Buffer fingerprint) {

    public static final String ADDRESS = "millrace.ingest";

    public IngestRequest {
        submissions = List.copyOf(submissions);
    }

    public IngestRequest(List<Submission> submissions) {
        this(submissions, null);
    }

    /** A request that came with an idempotency key. */
    public static IngestRequest keyed(List<Submission> submissions, boolean array) {
        var documents = submissions.stream().map(Submission::document).toList();
        return new IngestRequest(submissions, Buffer.buffer(Fingerprint.ofRequest(documents, array)));
    }
}
