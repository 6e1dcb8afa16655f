package io.millrace.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The outcome of {@code millrace ingest} for programs; what only waiting tells is absent where nobody waited. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record IngestReport(
        long documents,
        long acknowledgedBefore,
        long accepted,
        @Nullable Long completed,
        long failed,
        @Nullable Long chunks,
        double seconds,
        double documentsPerSecond,
        @Nullable List<UUID> jobs) {

    /** @param jobs where they were not waited for, else null */
    static IngestReport of(Tally tally, @Nullable List<UUID> jobs) {
        var waited = jobs == null;
        return new IngestReport(
                tally.documents(),
                tally.acknowledgedBefore(),
                tally.accepted(),
                waited ? tally.completed() : null,
                tally.failed(),
                waited ? tally.chunks() : null,
                tally.elapsed().toMillis() / 1000.0,
                Math.round(tally.documentsPerSecond() * 10) / 10.0,
                jobs);
    }
}
