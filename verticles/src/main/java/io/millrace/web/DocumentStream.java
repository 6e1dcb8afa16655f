package io.millrace.web;

import io.millrace.MillraceException;
import io.millrace.ingest.IngestRequest;
import io.millrace.ingest.JobIds;
import io.millrace.ingest.Submission;
import io.millrace.stream.HeapBudget.Lease;
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
import org.jspecify.annotations.Nullable;

/**
 * A stream of documents, a line each, answered by a stream of results, a line each and in the same order. A bad line never
 * spoils the others. Reading pauses while too many lines, or too many bytes, wait for their commit, or for a client that
 * does not read its answers; and before a large line, until {@link DoorMemory} has room for it.
 */
final class DocumentStream {

    private static final int MAX_LINES_WAITING = 1_000;
    private static final long MAX_BYTES_WAITING =
            Math.min(8 << 20, Runtime.getRuntime().maxMemory() / 256);
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
    private final DoorMemory memory;
    private final int maxLineBytes;
    private final Context loop;
    private final BodyDeadline deadline;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private int waitingBytes;
    /** Lines that are read, and whose turn has not come. */
    private final ArrayDeque<NdjsonLines.Line> cut = new ArrayDeque<>();

    /** For lines that are not large. */
    private @Nullable Lease small;
    /** For the large line that is being read. */
    private @Nullable Lease large;
    /** A large line gets room, or is parsed; none may pass it. */
    private boolean busy;

    /** The request has come to its end; what it brought may still be in the decoder. */
    private boolean received;
    /** The decoder has given all that it was fed; it may be fed again only then. */
    private boolean drained = true;

    /** Nothing more will be read, for good or bad. */
    private boolean ended;

    private boolean paused;

    /** The log has the first line that failed; in an outage there are thousands. */
    private boolean logged;

    private record Waiting(int bytes, Future<Buffer> result) {}

    DocumentStream(
            RoutingContext context,
            String workspace,
            int maxLineBytes,
            ContentDecoder decoder,
            ClientLimits limits,
            DocumentParser parser,
            JobIds jobIds,
            Admission admission,
            DoorMemory memory) {
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
        this.memory = memory;
        this.maxLineBytes = maxLineBytes;
        this.deadline = new BodyDeadline(
                context.vertx(), limits.body(), 0, () -> breakOff(problem(ProblemType.REQUEST_TIMEOUT)));
    }

    void start() {
        small = memory.small(DoorMemory.SMALL_BYTES);
        if (small == null) {
            breakOff(DoorMemory.exhausted());
            request.resume();
            return;
        }
        response.drainHandler(drained -> flow());
        // Not the response's own handler, of which there is one: others wait for the end as well.
        context.addEndHandler(gone -> abandon());
        InFlight.onStop(
                context,
                () -> breakOff(Problem.of(ProblemType.UNAVAILABLE, STOPS).withRetryAfter(RETRY_AFTER)));
        request.exceptionHandler(broken -> breakOff(problem(ProblemType.BAD_REQUEST)));
        // Of that the library would tell by closing the connection, and what lines are stored would be told to nobody.
        ConnectionDeadlines.onBrokenBody(
                request, () -> loop.runOnContext(turn -> breakOff(problem(ProblemType.BAD_REQUEST))));
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
            while (takeCut() && !ended && !isFull()) {
                if (large == null && lines.pendingBytes() > DoorMemory.SMALL_BYTES) {
                    makeRoom();
                    return;
                }
                var bytes = decoder.read();
                if (bytes == null) {
                    drained = true;
                    break;
                }
                cut.addAll(lines.feed(bytes));
            }
            if (received && drained && !ended && cut.isEmpty() && !busy) {
                decoder.end();
                lines.end().ifPresent(cut::add);
                takeCut();
                end();
            }
        } catch (ContentDecoder.Broken broken) {
            breakOff(broken.problem());
        }
    }

    /** Whether all lines that are cut were taken; a large one is not taken at once. */
    private boolean takeCut() {
        while (!busy && !cut.isEmpty()) {
            take(cut.remove());
        }
        return cut.isEmpty() && !busy;
    }

    /** The line that is being read is large: nothing more is read until there is room for the most that it may become. */
    private void makeRoom() {
        busy = true;
        memory.large(maxLineBytes).onComplete((room, failure) -> {
            busy = false;
            if (room != null) {
                if (ended) {
                    room.close();
                } else {
                    large = room;
                }
            } else if (!ended) {
                lines.skip();
                wait(0, Future.succeededFuture(result(lines.number(), DoorMemory.problem(failure))));
            }
            flow();
        });
    }

    private void end() {
        ended = true;
        deadline.cancel();
        decoder.close();
        close(small);
        close(large);
        small = null;
        large = null;
    }

    private void abandon() {
        if (!ended) {
            end();
        }
    }

    private static void close(@Nullable Lease lease) {
        if (lease != null) {
            lease.close();
        }
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
            case NdjsonLines.Line.TooLong(var number) -> {
                close(large);
                large = null;
                wait(0, Future.succeededFuture(result(number, problem(ProblemType.LINE_TOO_LONG))));
            }
            case NdjsonLines.Line.Complete(var number, var bytes) -> {
                var room = large;
                large = null;
                wait(
                        bytes.length,
                        room == null
                                ? accept(number, parser.parseLine(bytes, workspace))
                                : acceptLarge(number, bytes, room));
            }
        }
    }

    /** Away from the event loop, and once there is room for the work; the lines behind it wait until it has been sent on. */
    private Future<Buffer> acceptLarge(long number, byte[] bytes, Lease room) {
        busy = true;
        return memory.work(bytes.length)
                .compose(work -> context.vertx()
                        .executeBlocking(() -> parser.parseLine(bytes, workspace), false)
                        .onComplete(parsed -> {
                            room.close();
                            busy = false;
                        })
                        .compose(parsed -> {
                            loop.runOnContext(turn -> flow());
                            return accept(number, parsed);
                        })
                        .onComplete(done -> work.close()))
                .onComplete(done -> {
                    room.close();
                    if (done.failed()) {
                        busy = false;
                    }
                })
                .otherwise(failure -> result(number, problemOf(failure)));
    }

    private Problem problemOf(Throwable failure) {
        if (logged && failure instanceof MillraceException exception) {
            return ProblemHandler.problem(exception);
        }
        logged = true;
        return ProblemHandler.problem(failure, request);
    }

    private Future<Buffer> accept(long number, Parsed parsed) {
        return switch (parsed) {
            case Parsed.Rejected(var problem) -> Future.succeededFuture(result(number, problem));
            case Parsed.Accepted(var documents, var array) -> {
                var submission = new Submission(jobIds.mint(), documents.getFirst());
                yield admission
                        .accept(workspace, new IngestRequest(List.of(submission)))
                        .map(accepted -> result(number, submission))
                        .otherwise(failure -> result(number, problemOf(failure)));
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
        } while (!ended && !isFull() && (!drained || !cut.isEmpty()));
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
        return busy
                || waiting.size() >= MAX_LINES_WAITING
                || waitingBytes >= MAX_BYTES_WAITING
                || response.writeQueueFull();
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
