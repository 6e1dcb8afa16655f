package io.millrace.web;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;

/**
 * Reads the whole body of a request, inflated where it was compressed. Limits hold for what is sent and for what it
 * inflates to, so that at no time more than the limit is in memory; what comes after a refusal passes by unkept.
 */
final class RequestBody {

    /** Slower than any line that is still in use, and fast enough that nobody can hold a request open for hours. */
    private static final long BYTES_PER_SECOND_MIN = 1 << 10;

    sealed interface Read {

        @SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
        record Whole(byte[] bytes) implements Read {}

        record Refused(Problem problem) implements Read {}
    }

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final ContentDecoder decoder;
    private final int bytesMax;
    private final BodyDeadline deadline;
    private final Promise<Read> done = Promise.promise();
    private final Buffer whole = Buffer.buffer();
    private long received;

    private RequestBody(
            Vertx vertx, HttpServerRequest request, ContentDecoder decoder, int bytesMax, Duration patience) {
        this.request = request;
        this.response = request.response();
        this.decoder = decoder;
        this.bytesMax = bytesMax;
        this.deadline =
                new BodyDeadline(vertx, patience, BYTES_PER_SECOND_MIN, () -> refuse(ProblemType.REQUEST_TIMEOUT));
    }

    /** The body, or why it was not taken; never completes when the connection breaks before it has come. */
    static Future<Read> read(
            Vertx vertx, HttpServerRequest request, ContentDecoder decoder, int bytesMax, Duration patience) {
        var body = new RequestBody(vertx, request, decoder, bytesMax, patience);
        body.start();
        return body.done.future();
    }

    private void start() {
        request.exceptionHandler(thrown -> broken());
        request.handler(this::take);
        request.endHandler(ended -> end());
        if (Requests.contentLength(request) > bytesMax) {
            refuse(tooLarge());
        } else {
            Requests.expectBody(request);
        }
    }

    private void take(Buffer piece) {
        deadline.progressed(piece.length());
        received += piece.length();
        if (done.future().isComplete()) {
            return;
        }
        if (received > bytesMax) {
            refuse(tooLarge());
            return;
        }
        try {
            decoder.feed(piece);
            for (var next = decoder.read(); next != null; next = decoder.read()) {
                if (whole.length() + next.length() > bytesMax) {
                    refuse(tooLarge());
                    return;
                }
                whole.appendBuffer(next);
            }
        } catch (ContentDecoder.Broken broken) {
            refuse(broken.problem());
        }
    }

    private Problem tooLarge() {
        return Problem.of(
                ProblemType.BODY_TOO_LARGE, "A body has at most %,d bytes, inflated or not.".formatted(bytesMax));
    }

    private void end() {
        if (done.future().isComplete()) {
            return;
        }
        try {
            if (received > 0) {
                decoder.end();
            }
            complete(new Read.Whole(whole.getBytes()));
        } catch (ContentDecoder.Broken broken) {
            refuse(broken.problem());
        }
    }

    /** A transfer that is no HTTP can still be answered, a connection that is gone cannot. */
    private void broken() {
        if (response.closed()) {
            close();
        } else {
            refuse(ProblemType.BAD_REQUEST);
        }
    }

    private void refuse(ProblemType type) {
        refuse(Problem.of(type, type.cause()));
    }

    private void refuse(Problem problem) {
        complete(new Read.Refused(problem));
    }

    private void complete(Read read) {
        close();
        done.tryComplete(read);
    }

    private void close() {
        deadline.cancel();
        decoder.close();
    }
}
