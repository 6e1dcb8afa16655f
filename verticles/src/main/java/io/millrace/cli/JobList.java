package io.millrace.cli;

import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Several jobs at once, and the ids among those asked for that are no job's. */
record JobList(List<JobStatus> jobs, List<UUID> missing) {

    /** A hundred ids make a request line of 3.7 kB; servers commonly read 4. */
    static final int IDS_MAX = 100;

    JobList(@Nullable List<JobStatus> jobs, @Nullable List<UUID> missing) {
        this.jobs = jobs == null ? List.of() : List.copyOf(jobs);
        this.missing = missing == null ? List.of() : List.copyOf(missing);
    }

    static String path(Collection<UUID> ids) {
        return ids.stream().map(UUID::toString).collect(Collectors.joining(",", "/v1/jobs?ids=", ""));
    }
}
