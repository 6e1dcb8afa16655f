package io.millrace.jobs;

import io.millrace.pg.Database;
import io.millrace.stream.Appended;
import io.millrace.stream.Log;
import io.millrace.stream.LookPace;
import io.vertx.core.AbstractVerticle;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sweeps when something was committed that may end a job, soon after and not for each commit. Of what pods without this
 * verticle committed nobody tells here, so now and then it looks whether there is something to sweep: every second while there
 * is, less and less often while there is not. One sweep at a time over all pods: whoever is first does it for all.
 */
public final class JobVerticle extends AbstractVerticle {

    /** Where stages say that a commit may have ended jobs. */
    public static final String PROGRESSED = "millrace.progressed";

    private static final Logger LOG = LoggerFactory.getLogger(JobVerticle.class);

    /** Between two sweeps: what was committed meanwhile shares the next. */
    private static final Duration COALESCE = Duration.ofMillis(20);

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final SweepStore store;
    private boolean inFlight;
    private boolean again;
    private boolean scheduled;
    private long sweptNanos = System.nanoTime();
    private final LookPace pace = new LookPace();

    public JobVerticle(Database database, Log log, String graphGroup) {
        this.store = new SweepStore(database, log, graphGroup);
    }

    @Override
    public void start() {
        vertx.eventBus().<String>localConsumer(PROGRESSED, message -> schedule());
        vertx.setPeriodic(SECOND.toMillis(), fired -> second());
    }

    private void second() {
        if (pace.second()) {
            store.hasFacts().otherwise(true).onSuccess(facts -> {
                if (facts) {
                    sweep();
                }
                pace.looked(facts);
            });
        }
    }

    /** At once when there was no sweep for a while, since whoever posted waits for it. */
    private void schedule() {
        if (!scheduled) {
            scheduled = true;
            var sinceSweep = Duration.ofNanos(System.nanoTime() - sweptNanos);
            vertx.setTimer(Math.clamp(COALESCE.minus(sinceSweep).toMillis(), 1, COALESCE.toMillis()), fired -> {
                scheduled = false;
                sweep();
            });
        }
    }

    private void sweep() {
        if (inFlight) {
            again = true;
            return;
        }
        inFlight = true;
        sweptNanos = System.nanoTime();
        store.sweep()
                .onSuccess(swept -> {
                    swept.appended().forEach(range -> vertx.eventBus().publish(Appended.address(range.topic()), range));
                    swept.finished().forEach(job -> vertx.eventBus().publish(JobFinished.ADDRESS, job));
                    if (!swept.finished().isEmpty()) {
                        LOG.info("jobs ended: {}", swept.finished().size());
                    }
                })
                .onFailure(failure -> LOG.warn("sweep failed; the next one makes up for it: {}", failure.getMessage()))
                .onComplete(done -> {
                    inFlight = false;
                    var more = done.succeeded() && done.result().touched() > 0;
                    if (again || more) {
                        again = false;
                        schedule();
                    }
                });
    }
}
