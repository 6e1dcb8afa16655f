package io.millrace.stream;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Group commit: at most one flush is in flight, and what arrives meanwhile forms the next one. So one caller waits for
 * one commit, a thousand callers share a few, and nobody waits for a timer. Thread-safe.
 *
 * @param <T> what is flushed
 * @param <R> what one item's caller gets, once its flush has committed
 */
public final class GroupCommit<T, R> {

    /** Bytes that all of a process's group commits of one kind may hold together; past them callers are refused. */
    public static final class Budget {
        private final long maxBytes;
        private final AtomicLong bytes = new AtomicLong();

        public Budget(long maxBytes) {
            this.maxBytes = maxBytes;
        }

        private boolean take(long size) {
            if (bytes.addAndGet(size) <= maxBytes) {
                return true;
            }
            bytes.addAndGet(-size);
            return false;
        }

        private void giveBack(long size) {
            bytes.addAndGet(-size);
        }

        public long heldBytes() {
            return bytes.get();
        }
    }

    /** The budget is used up: nothing was stored; try again later. */
    public static final class Overloaded extends RuntimeException {
        Overloaded(long maxBytes) {
            super("more than " + maxBytes + " bytes wait to be committed", null, false, false);
        }
    }

    private record Waiting<T, R>(T item, int bytes, Promise<R> promise) {}

    private final Budget budget;
    private final int maxFlushItems;
    private final long maxFlushBytes;
    private final Function<List<T>, Future<List<R>>> flush;
    private final ArrayDeque<Waiting<T, R>> queue = new ArrayDeque<>();
    private boolean inFlight;

    /** @param flush stores items and gives, in their order, an answer for each; when it fails, all of them fail */
    public GroupCommit(Budget budget, int maxFlushItems, long maxFlushBytes, Function<List<T>, Future<List<R>>> flush) {
        this.budget = budget;
        this.maxFlushItems = maxFlushItems;
        this.maxFlushBytes = maxFlushBytes;
        this.flush = flush;
    }

    /** Queues an item; the future completes when the flush that holds it has, never earlier. */
    public Future<R> add(T item, int bytes) {
        if (!budget.take(bytes)) {
            return Future.failedFuture(new Overloaded(budget.maxBytes));
        }
        var waiting = new Waiting<T, R>(item, bytes, Promise.promise());
        List<Waiting<T, R>> next;
        synchronized (queue) {
            queue.add(waiting);
            next = inFlight ? List.of() : take();
        }
        start(next);
        return waiting.promise.future();
    }

    private List<Waiting<T, R>> take() {
        var taken = new ArrayList<Waiting<T, R>>();
        var bytes = 0L;
        while (taken.size() < maxFlushItems) {
            var head = queue.peek();
            if (head == null || (!taken.isEmpty() && bytes + head.bytes > maxFlushBytes)) {
                break;
            }
            bytes += head.bytes;
            taken.add(queue.remove());
        }
        inFlight = !taken.isEmpty();
        return taken;
    }

    private static <R> List<R> requireAll(List<R> answers, int items) {
        if (answers.size() != items) {
            throw new IllegalStateException(answers.size() + " answers for " + items + " items");
        }
        return answers;
    }

    private void start(List<Waiting<T, R>> taken) {
        if (taken.isEmpty()) {
            return;
        }
        Future<List<R>> flushed;
        try {
            flushed = flush.apply(taken.stream().map(Waiting::item).toList());
        } catch (RuntimeException e) {
            flushed = Future.failedFuture(e);
        }
        flushed.map(answers -> requireAll(answers, taken.size())).onComplete(answers -> {
            List<Waiting<T, R>> next;
            synchronized (queue) {
                next = take();
            }
            // The next flush leaves before this one's callers are told, so that the disk does not wait for them.
            start(next);
            for (var i = 0; i < taken.size(); i++) {
                var waiting = taken.get(i);
                budget.giveBack(waiting.bytes);
                if (answers.succeeded()) {
                    waiting.promise.complete(answers.result().get(i));
                } else {
                    waiting.promise.fail(answers.cause());
                }
            }
        });
    }
}
