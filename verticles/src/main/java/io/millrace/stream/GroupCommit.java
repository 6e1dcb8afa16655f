package io.millrace.stream;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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
        private final Map<String, Long> byOwner = new HashMap<>();
        private long bytes;

        public Budget(long maxBytes) {
            this.maxBytes = maxBytes;
        }

        /**
         * Nobody may hold more than he leaves free: one owner alone gets half of the budget, two get a third each, and
         * however many there are, there is room for another one (dynamic thresholds: Choudhury and Hahne, 1998).
         *
         * @param owner null for callers that are all one
         */
        private synchronized boolean take(@Nullable String owner, long size) {
            var free = maxBytes - bytes;
            var own = owner == null ? 0 : byOwner.getOrDefault(owner, 0L);
            // What is larger than the whole budget has to go alone, or it never would.
            if (bytes > 0 && (size > free || (own > 0 && own + size > free))) {
                return false;
            }
            bytes += size;
            if (owner != null) {
                byOwner.merge(owner, size, Long::sum);
            }
            return true;
        }

        private synchronized void giveBack(@Nullable String owner, long size) {
            bytes -= size;
            if (owner != null) {
                byOwner.computeIfPresent(owner, (name, own) -> own == size ? null : own - size);
            }
        }

        public synchronized long heldBytes() {
            return bytes;
        }
    }

    /** The budget is used up: nothing was stored; try again later. */
    public static final class Overloaded extends RuntimeException {
        Overloaded(long maxBytes) {
            super("more than " + maxBytes + " bytes wait to be committed", null, false, false);
        }
    }

    private record Waiting<T, R>(@Nullable String owner, T item, int bytes, Promise<R> promise) {}

    private final Budget budget;
    private final int maxFlushItems;
    private final long maxFlushBytes;
    private final Function<List<T>, Future<List<R>>> flush;
    private final Executor starter;
    private final ArrayDeque<Waiting<T, R>> queue = new ArrayDeque<>();
    private boolean inFlight;

    private GroupCommit(
            Budget budget,
            int maxFlushItems,
            long maxFlushBytes,
            Function<List<T>, Future<List<R>>> flush,
            Executor starter) {
        this.budget = budget;
        this.maxFlushItems = maxFlushItems;
        this.maxFlushBytes = maxFlushBytes;
        this.flush = flush;
        this.starter = starter;
    }

    /** @param flush stores items and gives, in their order, an answer for each; when it fails, all of them fail */
    public GroupCommit(Budget budget, int maxFlushItems, long maxFlushBytes, Function<List<T>, Future<List<R>>> flush) {
        this(budget, maxFlushItems, maxFlushBytes, flush, Runnable::run);
    }

    /**
     * Without a budget, for callers whose number is bounded otherwise.
     *
     * @param starter runs a flush that waits for no other; a {@link NextTurn} where several callers are about to come
     */
    public GroupCommit(
            int maxFlushItems, long maxFlushBytes, Function<List<T>, Future<List<R>>> flush, Executor starter) {
        this(new Budget(Long.MAX_VALUE), maxFlushItems, maxFlushBytes, flush, starter);
    }

    /** Queues an item; the future completes when the flush that holds it has, never earlier. */
    public Future<R> add(T item, int bytes) {
        return add(null, item, bytes);
    }

    /**
     * The same, for one of several owners who share the budget.
     *
     * @param owner whose item it is; null for callers that are all one
     */
    public Future<R> add(@Nullable String owner, T item, int bytes) {
        if (!budget.take(owner, bytes)) {
            return Future.failedFuture(new Overloaded(budget.maxBytes));
        }
        var waiting = new Waiting<T, R>(owner, item, bytes, Promise.promise());
        boolean first;
        synchronized (queue) {
            queue.add(waiting);
            first = !inFlight;
            inFlight = true;
        }
        if (first) {
            starter.execute(() -> start(take()));
        }
        return waiting.promise.future();
    }

    private List<Waiting<T, R>> take() {
        synchronized (queue) {
            return takeSome();
        }
    }

    private List<Waiting<T, R>> takeSome() {
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
            // The next flush leaves before this one's callers are told, so that the disk does not wait for them.
            start(take());
            for (var i = 0; i < taken.size(); i++) {
                var waiting = taken.get(i);
                budget.giveBack(waiting.owner, waiting.bytes);
                if (answers.succeeded()) {
                    waiting.promise.complete(answers.result().get(i));
                } else {
                    waiting.promise.fail(answers.cause());
                }
            }
        });
    }
}
