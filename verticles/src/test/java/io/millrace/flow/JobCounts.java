package io.millrace.flow;

import io.millrace.pg.TestDatabase;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** How many jobs are open and how many have ended, looked up now and then for all who wait for it. */
final class JobCounts implements AutoCloseable {

    private static final long PERIOD_MILLIS = 50;

    private static final String OPEN = """
            select count(*)
            from jobs.job_status
            where completed_at is null
            """;

    private static final String ENDED = """
            select coalesce(sum(value), 0)
            from jobs.totals
            where name in ('jobs_completed', 'jobs_failed')
            """;

    private final Rows rows;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory());
    private volatile long open;
    private volatile long ended;

    JobCounts(TestDatabase database) {
        this.rows = new Rows(database);
        var _ = timer.scheduleWithFixedDelay(this::count, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void count() {
        open = rows.count(OPEN);
        ended = rows.count(ENDED);
    }

    long open() {
        return open;
    }

    long ended() {
        return ended;
    }

    @Override
    public void close() {
        timer.shutdownNow();
        timer.close();
        rows.close();
    }
}
