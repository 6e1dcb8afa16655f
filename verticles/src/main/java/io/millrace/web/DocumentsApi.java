package io.millrace.web;

import io.millrace.ingest.IngestRequest;
import io.millrace.ingest.JobIds;
import io.millrace.ingest.Submission;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/** {@code POST /v1/documents}: one document, an array of them (all or none), or NDJSON (each line for itself). */
final class DocumentsApi {

    private static final String NDJSON = "application/x-ndjson";

    /** Bodies beyond this are parsed away from the event loop: a hostile one of 12 MB took a second. */
    private static final int PARSE_INLINE_BYTES = 256 << 10;

    private final Vertx vertx;
    private final Admission admission;
    private final JobIds jobIds;
    private final DocumentParser parser;
    private final int maxBodyBytes;

    DocumentsApi(Vertx vertx, Admission admission, JobIds jobIds, DocumentParser parser, int maxBodyBytes) {
        this.vertx = vertx;
        this.admission = admission;
        this.jobIds = jobIds;
        this.parser = parser;
        this.maxBodyBytes = maxBodyBytes;
    }

    void mount(Router router) {
        var whole = BodyHandler.create(false).setBodyLimit(maxBodyBytes);
        router.post("/v1/documents").handler(context -> {
            if (isEncoded(context)) {
                var type = ProblemType.UNSUPPORTED_CONTENT_ENCODING;
                ProblemHandler.answer(context, Problem.of(type, type.cause()));
                return;
            }
            switch (mediaType(context)) {
                case Json.MEDIA_TYPE -> whole.handle(context);
                case NDJSON -> stream(context);
                default -> context.fail(415);
            }
        });
        router.post("/v1/documents").handler(this::post);
    }

    private static String mediaType(RoutingContext context) {
        var header = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        var type = header == null ? "" : header.split(";", 2)[0];
        return type.strip().toLowerCase(Locale.ROOT);
    }

    private void post(RoutingContext context) {
        Requests.onlyKnows(context);
        var workspace = Requests.workspace(context);
        var buffer = context.body().buffer();
        var body = (buffer == null ? Buffer.buffer() : buffer).getBytes();
        if (body.length <= PARSE_INLINE_BYTES) {
            accept(context, parser.parse(body, workspace));
        } else {
            Requests.answer(
                    context,
                    vertx.executeBlocking(() -> parser.parse(body, workspace), false),
                    parsed -> accept(context, parsed));
        }
    }

    /** A compressed body would be taken for text that is broken: refuse what is not plain. */
    private static boolean isEncoded(RoutingContext context) {
        var encoding = context.request().getHeader(HttpHeaders.CONTENT_ENCODING);
        return encoding != null && !encoding.equalsIgnoreCase("identity");
    }

    private void accept(RoutingContext context, Parsed parsed) {
        switch (parsed) {
            case Parsed.Rejected(var problem) -> ProblemHandler.answer(context, problem);
            case Parsed.Accepted(var documents, var array) -> {
                var submissions = documents.stream()
                        .map(document -> new Submission(jobIds.mint(), document))
                        .toList();
                admission.accept(new IngestRequest(submissions)).onComplete(done -> {
                    if (done.succeeded()) {
                        accepted(context, submissions, array);
                    } else {
                        context.fail(done.cause());
                    }
                });
            }
        }
    }

    private record JobReference(UUID id, String sourceUri, String status) {}

    private record JobReferences(List<JobReference> jobs) {}

    private static void accepted(RoutingContext context, List<Submission> submissions, boolean array) {
        if (!array) {
            context.response()
                    .putHeader(
                            HttpHeaders.LOCATION,
                            "/v1/jobs/" + submissions.getFirst().jobId());
        }
        var jobs = submissions.stream()
                .map(submission -> new JobReference(
                        submission.jobId(), submission.document().sourceUri(), "queued"))
                .toList();
        Json.answer(context, 202, new JobReferences(jobs));
    }

    private void stream(RoutingContext context) {
        Requests.onlyKnows(context);
        new DocumentStream(context, Requests.workspace(context), maxBodyBytes, parser, jobIds, admission).start();
    }
}
