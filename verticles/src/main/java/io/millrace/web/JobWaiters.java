package io.millrace.web;

import io.millrace.jobs.Job;
import io.millrace.jobs.JobFinished;
import io.millrace.jobs.JobStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests of this pod that wait for jobs to end. They hear of it by a message where this pod made the sweep that ended
 * them, and otherwise by a query now and then, one for all that wait. Of one event loop.
 */
final class JobWaiters {

    private static final Logger LOG = LoggerFactory.getLogger(JobWaiters.class);

    /** Jobs that are waited for at once; who comes later does not wait. */
    private static final int JOBS_MAX = 10_000;

    private static final Duration LOOK = Duration.ofMillis(500);

    private final Vertx vertx;
    private final Supplier<JobStore> jobs;
    private final Map<UUID, Set<Waiter>> waiters = new HashMap<>();
    private boolean looking;

    JobWaiters(Vertx vertx, Supplier<JobStore> jobs) {
        this.vertx = vertx;
        this.jobs = jobs;
    }

    /** One request; its future completes when all of its jobs have ended, or its time is up, or it was cancelled. */
    final class Waiter {

        private final Set<UUID> open;
        private final Promise<Void> over = Promise.promise();
        private final long timer;

        private Waiter(Collection<UUID> ids, Duration patience) {
            this.open = new HashSet<>(ids);
            this.timer = vertx.setTimer(Math.max(1, patience.toMillis()), fired -> end());
        }

        Future<Void> over() {
            return over.future();
        }

        private void ended(UUID id) {
            open.remove(id);
            if (open.isEmpty()) {
                end();
            }
        }

        /** Also for a client that has gone. */
        void end() {
            vertx.cancelTimer(timer);
            for (var id : open) {
                waiters.computeIfPresent(id, (job, of) -> of.remove(this) && of.isEmpty() ? null : of);
            }
            over.tryComplete();
        }
    }

    void start() {
        vertx.eventBus()
                .<JobFinished>localConsumer(
                        JobFinished.ADDRESS, message -> ended(message.body().id()));
        vertx.setPeriodic(LOOK.toMillis(), fired -> look());
    }

    boolean hasRoomFor(int count) {
        return waiters.size() + count <= JOBS_MAX;
    }

    /** @param perhapsEnded whether the jobs may have ended long ago, so that no message will tell */
    Waiter await(Collection<UUID> ids, Duration patience, boolean perhapsEnded) {
        var waiter = new Waiter(ids, patience);
        ids.forEach(id -> waiters.computeIfAbsent(id, job -> new HashSet<>()).add(waiter));
        if (perhapsEnded) {
            look();
        }
        return waiter;
    }

    private void ended(UUID id) {
        var of = waiters.remove(id);
        if (of != null) {
            List.copyOf(of).forEach(waiter -> waiter.ended(id));
        }
    }

    private void look() {
        if (looking || waiters.isEmpty()) {
            return;
        }
        looking = true;
        jobs.get()
                .ended(List.copyOf(waiters.keySet()))
                .onSuccess(ended -> ended.forEach(this::ended))
                .onFailure(failure -> LOG.debug("the next look makes up for it: {}", failure.getMessage()))
                .onComplete(done -> looking = false);
    }

    /** Whether nothing more will happen to the job. */
    static boolean hasEnded(Job job) {
        return job.completedAt() != null;
    }
}
