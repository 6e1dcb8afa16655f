package io.millrace.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The wait until everything posted is in the graph and every record read: for as long as it goes on, and no longer than what
 * was left at its beginning allows, also on a slow machine.
 */
final class Drain {

    /** More than a document takes, so that a million of them may take longer than a hundred. */
    private static final Duration A_JOB = Duration.ofMillis(5);

    /** What goes on may take so many times as long as what is stuck. */
    private static final int SLOW = 3;

    private static final Duration POLL = Duration.ofMillis(100);

    /** What is still to be done. */
    record Left(long jobs, long records) {
        boolean isNothing() {
            return jobs == 0 && records == 0;
        }

        @Override
        public String toString() {
            return jobs + " jobs open, " + records + " records not read";
        }
    }

    private static final String LEFT = """
            select
              (select count(*) from jobs.job_status where completed_at is null),
              (select coalesce(sum(lag), 0) from stream.lag)
            """;

    static Left left(Connection connection) throws SQLException {
        var row = Sql.rows(connection, LEFT).getFirst();
        return new Left(Long.parseLong(row.get(0)), Long.parseLong(row.get(1)));
    }

    private final OwnedPostgres postgres;
    private final String database;
    private final List<PodProcess> pods;
    private final Duration limit;
    private final Path folder;
    private String left = "nobody could be asked";
    private long changedNanos = System.nanoTime();
    private long deadlineNanos = Long.MAX_VALUE;

    /**
     * @param limit for as long as nothing changes, and three times that for all of a few jobs
     * @param folder takes what explains it when it does not come to its end
     */
    Drain(OwnedPostgres postgres, String database, List<PodProcess> pods, Duration limit, Path folder) {
        this.limit = limit;
        this.folder = folder;
        this.postgres = postgres;
        this.database = database;
        this.pods = List.copyOf(pods);
    }

    Count run() {
        var name = "stuck for %d s, or not drained within %d s and %d ms a job"
                .formatted(limit.toSeconds(), limit.multipliedBy(SLOW).toSeconds(), A_JOB.toMillis());
        while (System.nanoTime() < deadlineNanos && System.nanoTime() < changedNanos + limit.toNanos()) {
            pods.forEach(PodProcess::start);
            var asked = System.nanoTime();
            if (isDrained()) {
                return Count.of(name, List.of());
            }
            // A count over a million jobs takes a while; asking all the time would be what the pods wait for.
            Waiting.pass(longer(POLL, Duration.ofNanos(10 * (System.nanoTime() - asked))));
        }
        explain();
        return Count.of(name, List.of(left));
    }

    private static final String READ = """
            select 'group ' || "group", 'partition ' || partition, 'owner ' || owner, committed_offset || ' of ' || end_offset
            from stream.lag
            where lag > 0
            """;

    private static final String SESSIONS = """
            select a.pid, a.client_port, a.state, a.wait_event_type, a.wait_event, a.xact_start, a.state_change,
              pg_blocking_pids(a.pid), a.query
            from pg_stat_activity a
            where a.datname = current_database()
            """;

    /** For those who look into why it does not go on: who waits for what, in the database and in each pod. */
    private void explain() {
        pods.forEach(PodProcess::dumpThreads);
        try (var connection = postgres.connect(database)) {
            var lines = new ArrayList<String>(Sql.lines(connection, READ));
            lines.addAll(Sql.lines(connection, SESSIONS));
            pods.forEach(pod -> lines.add(pod.name() + ": " + pod.link().unanswered()));
            Files.write(folder.resolve("stuck.txt"), lines);
        } catch (SQLException | IOException e) {
            // Without it there are still the threads.
        }
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private boolean isDrained() {
        try (var connection = postgres.connect(database)) {
            var now = left(connection);
            if (deadlineNanos == Long.MAX_VALUE) {
                deadlineNanos = System.nanoTime()
                        + limit.multipliedBy(SLOW)
                                .plus(A_JOB.multipliedBy(now.jobs()))
                                .toNanos();
            }
            if (!now.toString().equals(left)) {
                left = now.toString();
                changedNanos = System.nanoTime();
            }
            return now.isNothing();
        } catch (SQLException e) {
            left = String.valueOf(e.getMessage());
            return false;
        }
    }
}
