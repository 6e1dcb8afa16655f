package io.millrace.web;

import io.millrace.MillraceException.InvalidParameter;
import io.millrace.ingest.IngestRequest;
import io.millrace.ingest.JobIds;
import io.millrace.ingest.Submission;
import io.millrace.stream.HeapBudget.Lease;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/documents}: one document, an array of them (all or none), or NDJSON (each line for itself). */
final class DocumentsApi {

    private static final String NDJSON = "application/x-ndjson";

    /** Bodies beyond this are parsed away from the event loop: a hostile one of 12 MB took a second. */
    private static final int PARSE_INLINE_BYTES = 256 << 10;

    private final Vertx vertx;
    private final Admission admission;
    private final JobIds jobIds;
    private final DocumentParser parser;
    private final DocumentAnswers answers;
    private final int maxBodyBytes;
    private final ClientLimits limits;
    private final DoorMemory memory;

    DocumentsApi(
            Vertx vertx,
            Admission admission,
            JobIds jobIds,
            DocumentParser parser,
            DocumentAnswers answers,
            int maxBodyBytes,
            ClientLimits limits,
            DoorMemory memory) {
        this.vertx = vertx;
        this.admission = admission;
        this.jobIds = jobIds;
        this.parser = parser;
        this.answers = answers;
        this.maxBodyBytes = maxBodyBytes;
        this.limits = limits;
        this.memory = memory;
    }

    void mount(Router router) {
        router.post("/v1/documents").handler(this::post);
    }

    private void post(RoutingContext context) {
        Requests.onlyKnows(context);
        var workspace = Requests.workspace(context);
        var key = Requests.idempotencyKey(context);
        var mediaType = mediaType(context);
        if (!mediaType.equals(Json.MEDIA_TYPE) && !mediaType.equals(NDJSON)) {
            context.response().putHeader("Accept-Post", Json.MEDIA_TYPE + ", " + NDJSON);
            context.fail(415);
            return;
        }
        var decoder = ContentDecoder.orRefuse(context, limits.inflationRatio());
        if (decoder == null) {
            return;
        }
        if (mediaType.equals(NDJSON)) {
            stream(context, workspace, key, decoder);
        } else {
            read(context, workspace, key, decoder);
        }
    }

    /** Empty when there is none, or two, or one with a charset whose bytes would be taken for other characters. */
    static String mediaType(RoutingContext context) {
        var headers = context.request().headers().getAll(HttpHeaders.CONTENT_TYPE);
        if (headers.size() != 1) {
            return "";
        }
        var parts = headers.getFirst().toLowerCase(Locale.ROOT).split(";", -1);
        for (var i = 1; i < parts.length; i++) {
            var parameter = parts[i].replace("\"", "").strip();
            if (parameter.startsWith("charset=")
                    && !List.of("charset=utf-8", "charset=us-ascii").contains(parameter)) {
                return "";
            }
        }
        return parts[0].strip();
    }

    private void read(RoutingContext context, String workspace, @Nullable String key, ContentDecoder decoder) {
        RequestBody.read(vertx, context.request(), decoder, maxBodyBytes, limits.body(), memory)
                .onSuccess(read -> {
                    switch (read) {
                        case RequestBody.Read.Whole(var bytes, var body) -> parse(context, workspace, key, bytes, body);
                        case RequestBody.Read.Refused(var problem) -> refuse(context, problem);
                    }
                });
    }

    /**
     * Tells a client that still sends that nobody listens any more. Whoever may come back is listened to, to the end and
     * without keeping anything: many a client whose connection closes while it sends never reads why.
     */
    private static void refuse(RoutingContext context, Problem problem) {
        if (!context.request().isEnded() && problem.retryAfter() == null) {
            context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        ProblemHandler.answer(context, problem);
    }

    /** What is small is worked on at once; for the rest there has to be room, from here until it has committed. */
    private void parse(RoutingContext context, String workspace, @Nullable String key, byte[] bytes, Lease body) {
        if (bytes.length <= DoorMemory.SMALL_BYTES) {
            body.close();
            accept(context, workspace, key, parser.parse(bytes, workspace), () -> {});
            return;
        }
        var parsed = memory.work(bytes.length)
                .compose(work -> parse(bytes, workspace)
                        .map(documents -> new Worked(documents, work))
                        .onFailure(thrown -> work.close()))
                .onComplete(done -> body.close());
        Requests.answer(context, parsed, worked -> {
            try {
                accept(context, workspace, key, worked.documents, worked.memory::close);
            } catch (RuntimeException e) {
                worked.memory.close();
                throw e;
            }
        });
    }

    private record Worked(Parsed documents, Lease memory) {}

    private Future<Parsed> parse(byte[] bytes, String workspace) {
        return bytes.length <= PARSE_INLINE_BYTES
                ? Future.succeededFuture(parser.parse(bytes, workspace))
                : vertx.executeBlocking(() -> parser.parse(bytes, workspace), false);
    }

    private void accept(
            RoutingContext context, String workspace, @Nullable String key, Parsed parsed, Runnable committed) {
        switch (parsed) {
            case Parsed.Rejected(var problem) -> {
                committed.run();
                ProblemHandler.answer(context, problem);
            }
            case Parsed.Accepted(var documents, var array) -> {
                var submissions = new ArrayList<Submission>();
                for (var document : documents) {
                    var id = key == null ? jobIds.mint() : JobIds.keyed(workspace, key, submissions.size());
                    submissions.add(new Submission(id, document));
                }
                var request = key == null ? new IngestRequest(submissions) : IngestRequest.keyed(submissions, array);
                Requests.answer(
                        context,
                        admission.accept(workspace, request).onComplete(done -> committed.run()),
                        outcome -> answers.accepted(context, submissions, array, outcome));
            }
        }
    }

    private void stream(RoutingContext context, String workspace, @Nullable String key, ContentDecoder decoder) {
        if (key != null) {
            throw new InvalidParameter(
                    Requests.IDEMPOTENCY_KEY_HEADER,
                    "A stream has no idempotency key. Send an array with one, or send again what has no answer: the same"
                            + " content changes nothing.");
        }
        new DocumentStream(context, workspace, maxBodyBytes, decoder, limits, parser, jobIds, admission, memory)
                .start();
    }
}
