package io.millrace.stream;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
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
    private final ScheduledThreadPoolExecutor watch;
    private volatile boolean closed;

    public ComputePool(int threads, Duration deadline, Overrun overrun) {
        this.deadline = deadline;
        this.overrun = overrun;
        this.workers = Executors.newFixedThreadPool(
                threads,
                Thread.ofPlatform().name("millrace-compute-", 0).daemon().factory());
        this.watch = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("millrace-deadline").daemon().factory());
        // Nearly every alarm is cancelled, long before its time.
        this.watch.setRemoveOnCancelPolicy(true);
    }

    /**
     * Runs work on the pool; the deadline counts from when it starts. Fails with what the work throws, and with
     * {@link Processor.Outage} once the pool is closed: then the work is not to blame.
     */
    public <T> Future<T> run(String what, Callable<T> work) {
        var promise = Promise.<T>promise();
        try {
            workers.execute(() -> runNow(what, work, promise));
        } catch (RejectedExecutionException e) {
            promise.fail(new Processor.Outage("the pool for heavy work is closed", e));
        }
        return promise.future();
    }

    private <T> void runNow(String what, Callable<T> work, Promise<T> promise) {
        var alarm = watch.schedule(() -> overran(what), deadline.toMillis(), TimeUnit.MILLISECONDS);
        try {
            promise.complete(work.call());
        } catch (Throwable e) {
            // Errors too: a record that needs too much memory or stack is a record that cannot be processed.
            promise.fail(closed ? new Processor.Outage("the pool for heavy work was closed meanwhile", e) : e);
        } finally {
            alarm.cancel(false);
        }
    }

    private void overran(String what) {
        LOG.error("{} took longer than {}: ending the process, so that another can go on", what, deadline);
        overrun.happened(what);
    }

    @Override
    public void close() {
        closed = true;
        workers.shutdownNow();
        watch.shutdownNow();
    }
}
