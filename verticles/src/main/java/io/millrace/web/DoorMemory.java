package io.millrace.web;

import io.millrace.MillraceException.Overloaded;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.HeapBudget;
import io.millrace.stream.HeapBudget.Lease;
import io.millrace.stream.Log;
import io.millrace.stream.Topic;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The memory that bodies of requests and answers may take, over all connections: an eighth of the heap for large ones, a
 * sixteenth for small ones, so that a few large and slow ones do not keep the others out. What is done with a body takes from
 * the budget that the stages have as well.
 *
 * <p>Who needs both takes the body's first. A client may be slow, and then holds what nobody but clients waits for.
 */
final class DoorMemory {

    /** Up to here a body is small. */
    static final int SMALL_BYTES = 64 << 10;

    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    private final Vertx vertx;
    private final Supplier<HeapBudget> work;
    private final HeapBudget large;
    private final HeapBudget small;

    /** @param work what the stages share */
    DoorMemory(Vertx vertx, Supplier<HeapBudget> work, long heapBytes) {
        this.vertx = vertx;
        this.work = work;
        this.large = new HeapBudget(heapBytes / 8);
        this.small = new HeapBudget(heapBytes / 16);
    }

    /** Room for a small body; null when there is none. */
    @Nullable
    Lease small(long bytes) {
        return small.tryTake(bytes);
    }

    /** Room for a large body; fails with {@link Overloaded} when there is none for some seconds. */
    Future<Lease> large(long bytes) {
        return orOverloaded(large.take(vertx, bytes, PATIENCE));
    }

    /** Room to work on so many bytes; fails with {@link Overloaded} when there is none for some seconds. */
    Future<Lease> work(long bytes) {
        return orOverloaded(work.get().take(vertx, HeapBudget.ofWorkOn(bytes), PATIENCE));
    }

    /**
     * An answer, or what becomes one.
     *
     * @param taken to be run when the client has taken it
     */
    record Answer<T>(T value, Runnable taken) {}

    /** Makes an answer of about so many bytes, once there is room for it and for the work; a small one at once. */
    <T> Future<Answer<T>> answering(long bytes, Supplier<Future<T>> making) {
        if (bytes <= SMALL_BYTES) {
            return making.get().map(made -> new Answer<>(made, () -> {}));
        }
        return large(bytes)
                .compose(answer -> work(bytes)
                        .compose(work -> making.get().onComplete(done -> work.close()))
                        .map(made -> new Answer<T>(made, answer::close))
                        .onFailure(thrown -> answer.close()));
    }

    /** The same for records, of which one may be larger than all that is usually asked for. */
    <T> Future<Answer<T>> answering(
            Log log,
            Topic topic,
            int partition,
            long offset,
            int maxBytes,
            Function<List<ConsumerRecord>, Future<T>> making) {
        return answering(
                        maxBytes,
                        () -> log.fetch(topic, partition, offset, maxBytes, Log.LARGEST_BYTES)
                                .compose(fetched -> fetched.largeBytes() > 0
                                        ? Future.succeededFuture(new Made<T>(fetched.largeBytes(), null))
                                        : making.apply(fetched.records()).map(made -> new Made<>(0, made))))
                .compose(answer -> {
                    var made = answer.value;
                    if (made.value != null) {
                        return Future.succeededFuture(new Answer<>(made.value, answer.taken));
                    }
                    answer.taken.run();
                    return answering(
                            made.largeBytes,
                            () -> log.fetch(topic, partition, offset, 1).compose(making));
                });
    }

    private record Made<T>(int largeBytes, @Nullable T value) {}

    /**
     * Makes an answer of which nobody knows how large it is before what it tells of has been read: a client gets it once there
     * is room for it. Whoever has read it does not wait for that, since he holds it already.
     *
     * @param mostBytes room for which is waited for before anything is read; 0 where even the most is little
     * @param bytes about how many it has
     */
    <T> Future<Answer<Buffer>> answering(long mostBytes, Supplier<Future<T>> reading, ToLongFunction<T> bytes) {
        return (mostBytes == 0
                        ? Future.succeededFuture(NO_ROOM)
                        : large(mostBytes).map(Room::new))
                .compose(room -> Future.succeededFuture()
                        .compose(now -> reading.get())
                        .compose(read -> rendered(read, bytes.applyAsLong(read), room))
                        .onFailure(thrown -> room.giveBack()));
    }

    /** Room that was waited for, if any was. */
    private record Room(@Nullable Lease lease) {
        void giveBack() {
            if (lease != null) {
                lease.close();
            }
        }
    }

    private static final Room NO_ROOM = new Room(null);

    private Future<Answer<Buffer>> rendered(Object value, long bytes, Room room) {
        if (bytes <= SMALL_BYTES) {
            room.giveBack();
            return Rendering.run(vertx, (int) bytes, () -> Json.bytes(value)).map(body -> new Answer<>(body, () -> {}));
        }
        // No more than it needs from now on, since its client may be slow.
        var needed = large.tryTake(bytes);
        if (needed != null) {
            room.giveBack();
        }
        var kept = needed == null ? room.lease : needed;
        if (kept == null) {
            return Future.failedFuture(overloaded());
        }
        return work(bytes)
                .compose(work -> Rendering.run(vertx, (int) Math.min(bytes, Integer.MAX_VALUE), () -> Json.bytes(value))
                        .onComplete(done -> work.close()))
                .map(body -> new Answer<>(body, kept::close))
                .onFailure(thrown -> kept.close());
    }

    private static Future<Lease> orOverloaded(Future<Lease> taken) {
        return taken.recover(
                thrown -> Future.failedFuture(thrown instanceof HeapBudget.Exhausted ? overloaded() : thrown));
    }

    private static Overloaded overloaded() {
        return new Overloaded("There is no memory for a body of this size right now; nothing was stored.", RETRY_AFTER);
    }

    /** What a client is told at once. */
    static Problem exhausted() {
        return Problem.of(ProblemType.OVERLOADED, "There is no memory for another body right now; nothing was stored.")
                .withRetryAfter(RETRY_AFTER);
    }

    /** How a wait that was in vain is told. */
    static Problem problem(Throwable thrown) {
        return thrown instanceof Overloaded overloaded
                ? Problem.of(ProblemType.OVERLOADED, overloaded.detail()).withRetryAfter(overloaded.retryAfter())
                : exhausted();
    }
}
