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

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final String workspace;
    private final NdjsonLines lines;
    private final DocumentParser parser;
    private final JobIds jobIds;
    private final Admission admission;
    private final Context loop;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private boolean ended;
    private boolean paused;

    private record Waiting(int bytes, Future<Buffer> result) {}

    DocumentStream(
            RoutingContext context,
            String workspace,
            int maxLineBytes,
            DocumentParser parser,
            JobIds jobIds,
            Admission admission) {
        this.loop = context.vertx().getOrCreateContext();
        this.request = context.request();
        this.response = context.response();
        this.workspace = workspace;
        this.lines = new NdjsonLines(maxLineBytes);
        this.parser = parser;
        this.jobIds = jobIds;
        this.admission = admission;
    }

    void start() {
        response.setChunked(true).putHeader(HttpHeaders.CONTENT_TYPE, "application/x-ndjson");
        response.drainHandler(drained -> flow());
        request.exceptionHandler(broken -> ended = true);
        request.handler(buffer -> {
            lines.feed(buffer).forEach(this::take);
            flow();
        });
        request.endHandler(end -> {
            lines.end().ifPresent(this::take);
            ended = true;
            flow();
        });
        request.resume();
    }

    private void take(NdjsonLines.Line line) {
        switch (line) {
            case NdjsonLines.Line.TooLong(var number) -> {
                var type = ProblemType.LINE_TOO_LONG;
                wait(0, Future.succeededFuture(result(number, Problem.of(type, type.cause()))));
            }
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
        while (!waiting.isEmpty() && waiting.peek().result.isComplete()) {
            var head = waiting.remove();
            waitingBytes -= head.bytes;
            response.write(head.result.result());
        }
        if (ended && waiting.isEmpty()) {
            response.end();
        } else {
            pace();
        }
    }

    private void pace() {
        var full =
                waiting.size() >= MAX_LINES_WAITING || waitingBytes >= MAX_BYTES_WAITING || response.writeQueueFull();
        if (full && !paused) {
            request.pause();
        } else if (!full && paused) {
            request.resume();
        }
        paused = full;
    }
}
