package io.millrace.web;

import io.millrace.ingest.IngestRequest;
import io.millrace.ingest.JobIds;
import io.millrace.ingest.Submission;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.UUID;

/**
 * A stream of documents, a line each, answered by a stream of results, a line each and in the same order. A bad line never
 * spoils the others. Reading pauses while too many lines, or too many bytes, wait for their commit, or for a client that
 * does not read its answers.
 */
final class DocumentStream {

    private static final int MAX_LINES_WAITING = 1_000;
    private static final int MAX_BYTES_WAITING = 8 << 20;
    private static final String STOPS = "This pod stops. Send again what has no result: it was not stored.";
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final RoutingContext context;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final String workspace;
    private final ContentDecoder decoder;
    private final ClientLimits limits;
    private final NdjsonLines lines;
    private final DocumentParser parser;
    private final JobIds jobIds;
    private final Admission admission;
    private final Context loop;
    private final BodyDeadline deadline;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private int waitingBytes;
    /** The request has come to its end; what it brought may still be in the decoder. */
    private boolean received;
    /** The decoder has given all that it was fed; it may be fed again only then. */
    private boolean drained = true;

    /** Nothing more will be read, for good or bad. */
    private boolean ended;

    private boolean paused;

    private record Waiting(int bytes, Future<Buffer> result) {}

    DocumentStream(
            RoutingContext context,
            String workspace,
            int maxLineBytes,
            ContentDecoder decoder,
            ClientLimits limits,
            DocumentParser parser,
            JobIds jobIds,
            Admission admission) {
        this.context = context;
        this.loop = context.vertx().getOrCreateContext();
        this.request = context.request();
        this.response = context.response();
        this.workspace = workspace;
        this.decoder = decoder;
        this.limits = limits;
        this.lines = new NdjsonLines(maxLineBytes);
        this.parser = parser;
        this.jobIds = jobIds;
        this.admission = admission;
        this.deadline = new BodyDeadline(
                context.vertx(), limits.body(), 0, () -> breakOff(problem(ProblemType.REQUEST_TIMEOUT)));
    }

    void start() {
        response.drainHandler(drained -> flow());
        InFlight.onStop(
                context,
                () -> breakOff(Problem.of(ProblemType.UNAVAILABLE, STOPS).withRetryAfter(RETRY_AFTER)));
        request.exceptionHandler(broken -> breakOff(problem(ProblemType.BAD_REQUEST)));
        request.handler(piece -> {
            deadline.progressed(piece.length());
            if (!ended && !response.closed()) {
                decoder.feed(piece);
                drained = false;
                flow();
            }
        });
        request.endHandler(end -> {
            received = true;
            flow();
        });
        Requests.expectBody(request);
        request.resume();
    }

    private static Problem problem(ProblemType type) {
        return Problem.of(type, type.cause());
    }

    /** Reads on as long as there is room for more lines. */
    private void read() {
        try {
            while (!ended && !isFull()) {
                var bytes = decoder.read();
                if (bytes == null) {
                    drained = true;
                    break;
                }
                lines.feed(bytes).forEach(this::take);
            }
            if (received && drained && !ended) {
                decoder.end();
                lines.end().ifPresent(this::take);
                end();
            }
        } catch (ContentDecoder.Broken broken) {
            breakOff(broken.problem());
        }
    }

    private void end() {
        ended = true;
        deadline.cancel();
        decoder.close();
    }

    /**
     * Ends the stream before its time. Lines that came before stand, and have their results; a last one, with the number of
     * the line that was not read to its end, says why. A stream without any result is answered like other requests.
     */
    private void breakOff(Problem problem) {
        if (ended) {
            return;
        }
        end();
        if (waiting.isEmpty() && !response.headWritten()) {
            if (!response.closed()) {
                ProblemHandler.answer(context, problem);
            }
            return;
        }
        wait(0, Future.succeededFuture(result(lines.number(), problem)));
        flow();
    }

    private void take(NdjsonLines.Line line) {
        switch (line) {
            case NdjsonLines.Line.TooLong(var number) ->
                wait(0, Future.succeededFuture(result(number, problem(ProblemType.LINE_TOO_LONG))));
            case NdjsonLines.Line.Complete(var number, var bytes) ->
                wait(bytes.length, accept(number, parser.parseLine(bytes, workspace)));
        }
    }

    private Future<Buffer> accept(long number, Parsed parsed) {
        return switch (parsed) {
            case Parsed.Rejected(var problem) -> Future.succeededFuture(result(number, problem));
            case Parsed.Accepted(var documents, var array) -> {
                var submission = new Submission(jobIds.mint(), documents.getFirst());
                yield admission
                        .accept(new IngestRequest(List.of(submission)))
                        .map(accepted -> result(number, submission))
                        .otherwise(failure -> result(number, ProblemHandler.problem(failure, request)));
            }
        };
    }

    private record Accepted(long line, int status, String sourceUri, UUID jobId) {}

    private static Buffer result(long number, Submission submission) {
        return Json.bytes(new Accepted(number, 202, submission.document().sourceUri(), submission.jobId()))
                .appendString("\n");
    }

    /** The problem as it would stand alone, within the line's result. */
    private static Buffer result(long number, Problem problem) {
        return Buffer.buffer("{\"line\":" + number + ",\"status\":" + problem.status() + ",\"problem\":")
                .appendBuffer(problem.toBuffer())
                .appendString("}\n");
    }

    private void wait(int bytes, Future<Buffer> result) {
        waiting.add(new Waiting(bytes, result));
        waitingBytes += bytes;
        result.onComplete(done -> loop.runOnContext(turn -> flow()));
    }

    /** Writes the results that are there, in order, and reads on or stops reading. */
    private void flow() {
        if (response.ended() || response.closed()) {
            return;
        }
        do {
            write();
            read();
            write();
        } while (!ended && !drained && !isFull());
        if (ended && waiting.isEmpty()) {
            begin();
            response.end();
        } else if (!ended) {
            pace();
        }
    }

    private void write() {
        while (!waiting.isEmpty() && waiting.peek().result.isComplete()) {
            var head = waiting.remove();
            waitingBytes -= head.bytes;
            begin();
            response.write(head.result.result());
        }
    }

    /** Not before there is a result, so that a stream that cannot be read from its beginning gets the status it deserves. */
    private void begin() {
        if (!response.headWritten()) {
            response.setChunked(true).putHeader(HttpHeaders.CONTENT_TYPE, "application/x-ndjson");
            deadline.patience(limits.idle());
        }
    }

    private boolean isFull() {
        return waiting.size() >= MAX_LINES_WAITING || waitingBytes >= MAX_BYTES_WAITING || response.writeQueueFull();
    }

    private void pace() {
        var full = isFull();
        deadline.suspended(full || !waiting.isEmpty());
        if (full != paused) {
            paused = full;
            if (full) {
                request.pause();
            } else {
                request.resume();
            }
        }
    }
}
