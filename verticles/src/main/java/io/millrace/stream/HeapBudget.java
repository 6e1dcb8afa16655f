package io.millrace.stream;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of heap that work of one kind may hold at once, over all of a pod. Whoever does not fit waits his turn, first come
 * first served, so that a large piece of work is not passed by small ones for ever. Thread-safe.
 *
 * <p>Who holds a lease must not wait for another one of the same budget: take what the whole of the work needs, once.
 */
public final class HeapBudget {

    /**
     * What becomes of a byte while it is worked on: the byte itself, its characters (twice), the string made of them, the
     * record made of that, and what the driver makes of that. Measured on documents of 16 MiB, which needed seven times
     * their size at the worst moment and some of it not on the heap.
     */
    private static final int COPIES = 6;

    private static final int BATCHES_AT_ONCE = 16;

    private final long maxBytes;
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private long heldBytes;

    /** What was given, until it is closed. */
    public final class Lease implements AutoCloseable {
        private final long bytes;
        private final AtomicBoolean open = new AtomicBoolean(true);

        private Lease(long bytes) {
            this.bytes = bytes;
        }

        /** Gives it back; more than once is as good as once. */
        @Override
        public void close() {
            if (open.compareAndSet(true, false)) {
                giveBack(bytes);
            }
        }
    }

    /** Nothing was given in time. */
    public static final class Exhausted extends RuntimeException {
        Exhausted(long maxBytes) {
            super("others hold what there is of " + maxBytes + " bytes", null, false, false);
        }
    }

    private record Waiting(long bytes, Promise<Lease> promise) {}

    public HeapBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** For what is read, cut, folded and written at once: half of the heap. */
    public static HeapBudget forWork() {
        return new HeapBudget(Runtime.getRuntime().maxMemory() / 2);
    }

    /** As many bytes as are worth to be worked on at once, so that a few can be at it at the same time. */
    public int batchBytes(int wanted) {
        return (int) Math.min(wanted, Math.max(1, maxBytes / COPIES / BATCHES_AT_ONCE));
    }

    /** What work on so many bytes of records or bodies takes. */
    public static long ofWorkOn(long bytes) {
        return bytes * COPIES;
    }

    /** Waits for as long as it takes. What is more than there is at all gets all there is. */
    public Future<Lease> take(long bytes) {
        return enqueue(bytes).promise.future();
    }

    /** Waits for so long, then fails with {@link Exhausted}; completes on the caller's own context, whoever gives back. */
    public Future<Lease> take(Vertx vertx, long bytes, Duration patience) {
        var waiting = enqueue(bytes);
        var taken = waiting.promise.future();
        if (taken.isComplete()) {
            return taken;
        }
        var context = vertx.getOrCreateContext();
        var timer = vertx.setTimer(patience.toMillis(), fired -> expire(waiting));
        var told = Promise.<Lease>promise();
        taken.onComplete((lease, failure) -> context.runOnContext(turn -> {
            vertx.cancelTimer(timer);
            told.complete(lease, failure);
        }));
        return told.future();
    }

    /** What is there at once; null when it is not. */
    public synchronized @Nullable Lease tryTake(long bytes) {
        if (!queue.isEmpty() || !fits(bytes)) {
            return null;
        }
        heldBytes += bytes;
        return new Lease(bytes);
    }

    public synchronized long heldBytes() {
        return heldBytes;
    }

    private Waiting enqueue(long bytes) {
        var waiting = new Waiting(Math.min(bytes, maxBytes), Promise.promise());
        synchronized (this) {
            queue.add(waiting);
        }
        grant();
        return waiting;
    }

    private boolean fits(long bytes) {
        return heldBytes + bytes <= maxBytes;
    }

    private void expire(Waiting waiting) {
        boolean removed;
        synchronized (this) {
            removed = queue.remove(waiting);
        }
        if (removed) {
            waiting.promise.fail(new Exhausted(maxBytes));
            grant();
        }
    }

    private void giveBack(long bytes) {
        synchronized (this) {
            heldBytes -= bytes;
        }
        grant();
    }

    /** Told outside of the lock, since whoever is told may take or give back. */
    private void grant() {
        while (true) {
            Waiting next;
            synchronized (this) {
                next = queue.peek();
                if (next == null || !fits(next.bytes)) {
                    return;
                }
                queue.remove();
                heldBytes += next.bytes;
            }
            next.promise.complete(new Lease(next.bytes));
        }
    }
}
