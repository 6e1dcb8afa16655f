package io.millrace.stream;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Platform threads for what is heavy, so that it starves neither heartbeats nor HTTP. Work that overruns its deadline
 * ends the process: a thread in an endless loop cannot be stopped from outside, and the claim that follows the unclean
 * end counts against the record.
 */
public final class ComputePool implements AutoCloseable {

    /** What to do about work that overran; {@link #HALT} but in tests. */
    @FunctionalInterface
    public interface Overrun {
        void happened(String what);
    }

    /** Exit status of a process that ended itself: BSD's EX_SOFTWARE. */
    public static final int EXIT_OVERRUN = 70;

    public static final Overrun HALT = what -> Runtime.getRuntime().halt(EXIT_OVERRUN);

    private static final Logger LOG = LoggerFactory.getLogger(ComputePool.class);

    private final Duration deadline;
    private final Overrun overrun;
    private final ExecutorService workers;
    private final ScheduledExecutorService watch;

    public ComputePool(int threads, Duration deadline, Overrun overrun) {
        this.deadline = deadline;
        this.overrun = overrun;
        this.workers = Executors.newFixedThreadPool(
                threads,
                Thread.ofPlatform().name("millrace-compute-", 0).daemon().factory());
        this.watch = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("millrace-deadline").daemon().factory());
    }

    /** Runs work on the pool; the deadline counts from when it starts. */
    public <T> Future<T> run(String what, Callable<T> work) {
        var promise = Promise.<T>promise();
        workers.execute(() -> {
            var alarm = watch.schedule(() -> overran(what), deadline.toMillis(), TimeUnit.MILLISECONDS);
            try {
                promise.complete(work.call());
            } catch (Throwable e) {
                // Errors too: a record that needs too much memory or stack is a record that cannot be processed.
                promise.fail(e);
            } finally {
                alarm.cancel(false);
            }
        });
        return promise.future();
    }

    private void overran(String what) {
        LOG.error("{} took longer than {}: ending the process, so that another can go on", what, deadline);
        overrun.happened(what);
    }

    @Override
    public void close() {
        workers.shutdownNow();
        watch.shutdownNow();
    }
}
