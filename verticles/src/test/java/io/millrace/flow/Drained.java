package io.millrace.flow;

import java.time.Duration;

/** Waits until nothing is left to do: every job has ended, and every group has read its topic to the end. */
final class Drained {

    private static final String OPEN_JOBS = """
            select count(*)
            from jobs.job_status
            where completed_at is null
            """;

    private static final String LAG = """
            select sum(stream.end_offset(t.topic_id, g.partition) - g.committed_offset)
            from stream.group_partitions g
            join stream.topics t on t.name = g.topic
            """;

    private Drained() {}

    static void await(Rows rows, Duration patience) {
        org.awaitility.Awaitility.await("every job ended, no group behind")
                .atMost(patience)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> rows.count(OPEN_JOBS) == 0 && rows.count(LAG) == 0);
    }
}
