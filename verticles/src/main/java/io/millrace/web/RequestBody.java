package io.millrace.web;

import io.millrace.stream.HeapBudget.Lease;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the whole body of a request, inflated where it was compressed. Limits hold for what is sent and for what it
 * inflates to, so that at no time more than the limit is in memory; what comes after a refusal passes by unkept.
 *
 * <p>Nothing is kept that {@link DoorMemory} has no room for. A body whose length is known is read once there is room for all
 * of it; another one once it turns out not to be small, when it gets room for the most that it may become. Until then the
 * client is not read from.
 */
final class RequestBody {

    /** Slower than any line that is still in use, and fast enough that nobody can hold a request open for hours. */
    private static final long BYTES_PER_SECOND_MIN = 1 << 10;

    /** Of one that holds room which others wait for. */
    private static final long LARGE_BYTES_PER_SECOND_MIN = 16 << 10;

    sealed interface Read {

        /**
         * All of it.
         *
         * @param memory to be closed when the bytes are not needed any more
         */
        @SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
        record Whole(byte[] bytes, Lease memory) implements Read {}

        record Refused(Problem problem) implements Read {}
    }

    private static final byte[] NOTHING = {};

    private final Vertx vertx;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final ContentDecoder decoder;
    private final int bytesMax;
    private final Duration patience;
    private final DoorMemory memory;
    private final Promise<Read> done = Promise.promise();

    private byte[] whole = NOTHING;
    private int count;
    /** What of the body may be kept with the room that there is. */
    private int room;
    /** Inflated, and without room. */
    private @Nullable Buffer held;

    private @Nullable Lease lease;
    private @Nullable BodyDeadline deadline;
    private boolean waiting;
    private boolean ended;
    private boolean closed;
    private long received;

    private RequestBody(
            Vertx vertx,
            HttpServerRequest request,
            ContentDecoder decoder,
            int bytesMax,
            Duration patience,
            DoorMemory memory) {
        this.vertx = vertx;
        this.request = request;
        this.response = request.response();
        this.decoder = decoder;
        this.bytesMax = bytesMax;
        this.patience = patience;
        this.memory = memory;
    }

    /** The body, or why it was not taken; never completes when the connection breaks before it has come. */
    static Future<Read> read(
            Vertx vertx,
            HttpServerRequest request,
            ContentDecoder decoder,
            int bytesMax,
            Duration patience,
            DoorMemory memory) {
        var body = new RequestBody(vertx, request, decoder, bytesMax, patience, memory);
        body.start();
        return body.done.future();
    }

    private void start() {
        request.exceptionHandler(thrown -> broken());
        request.handler(this::take);
        request.endHandler(end -> {
            ended = true;
            pump();
        });
        var length = Requests.contentLength(request);
        if (length > bytesMax) {
            refuse(tooLarge());
        } else if (decoder instanceof ContentDecoder.Identity && length >= 0) {
            begin((int) length);
        } else {
            begin(-1);
        }
    }

    /** @param length of the body; -1 when that is not known */
    private void begin(int length) {
        if (length > DoorMemory.SMALL_BYTES) {
            makeRoom(length, () -> {
                expect(LARGE_BYTES_PER_SECOND_MIN);
                request.resume();
            });
            return;
        }
        room = length < 0 ? DoorMemory.SMALL_BYTES : length;
        lease = memory.small(room);
        if (lease == null) {
            refuse(DoorMemory.exhausted());
        } else {
            whole = length < 0 ? NOTHING : new byte[length];
            expect(BYTES_PER_SECOND_MIN);
        }
    }

    private void expect(long bytesPerSecondMin) {
        deadline = new BodyDeadline(vertx, patience, bytesPerSecondMin, () -> refuse(ProblemType.REQUEST_TIMEOUT));
        Requests.expectBody(request);
    }

    /** Stops reading until there is room for so many bytes. */
    private void makeRoom(int bytes, Runnable then) {
        waiting = true;
        request.pause();
        if (deadline != null) {
            deadline.suspended(true);
        }
        memory.large(bytes).onComplete((granted, failure) -> {
            waiting = false;
            if (isDone()) {
                if (granted != null) {
                    granted.close();
                }
            } else if (granted == null) {
                refuse(DoorMemory.problem(failure));
            } else {
                giveBack();
                lease = granted;
                room = bytes;
                // Not before there is room, and at once: what grows is copied, and for a moment there twice.
                whole = Arrays.copyOf(whole, bytes);
                then.run();
            }
        });
    }

    private void take(Buffer piece) {
        if (deadline != null) {
            deadline.progressed(piece.length());
        }
        received += piece.length();
        if (isDone()) {
            return;
        }
        if (received > bytesMax) {
            refuse(tooLarge());
            return;
        }
        decoder.feed(piece);
        pump();
    }

    private void pump() {
        try {
            while (!waiting && !isDone()) {
                var next = held == null ? decoder.read() : held;
                held = null;
                if (next == null) {
                    break;
                }
                if (count + next.length() > bytesMax) {
                    refuse(tooLarge());
                } else if (count + next.length() > room) {
                    held = next;
                    makeRoom(bytesMax, this::goOn);
                } else {
                    keep(next);
                }
            }
            if (ended && !waiting && !isDone()) {
                finish();
            }
        } catch (ContentDecoder.Broken broken) {
            refuse(broken.problem());
        }
    }

    private void goOn() {
        if (deadline != null) {
            deadline.suspended(false);
        }
        pump();
        request.resume();
    }

    private void keep(Buffer next) {
        if (count + next.length() > whole.length) {
            whole = Arrays.copyOf(whole, Math.clamp(2L * whole.length, count + next.length(), room));
        }
        next.getBytes(whole, count);
        count += next.length();
    }

    private Problem tooLarge() {
        return Problem.of(
                ProblemType.BODY_TOO_LARGE, "A body has at most %,d bytes, inflated or not.".formatted(bytesMax));
    }

    private void finish() throws ContentDecoder.Broken {
        if (received > 0) {
            decoder.end();
        }
        var memory = lease;
        if (memory == null) {
            throw new IllegalStateException("a body was read without room for it");
        }
        lease = null;
        var bytes = count == whole.length ? whole : Arrays.copyOf(whole, count);
        whole = NOTHING;
        complete(new Read.Whole(bytes, memory));
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

    private boolean isDone() {
        return closed;
    }

    private void complete(Read read) {
        close();
        done.tryComplete(read);
        // What still comes has to pass by, or the client would never read its answer.
        request.resume();
    }

    private void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (deadline != null) {
            deadline.cancel();
        }
        decoder.close();
        held = null;
        whole = NOTHING;
        giveBack();
    }

    private void giveBack() {
        if (lease != null) {
            lease.close();
            lease = null;
        }
    }
}
