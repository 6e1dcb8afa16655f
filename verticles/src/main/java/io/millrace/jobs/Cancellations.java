package io.millrace.jobs;

import io.millrace.stream.Write;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

/** What the stages have to know of jobs that were called off. */
public final class Cancellations {

    private Cancellations() {}

    private static final String AMONG = """
            select job_id
            from jobs.cancellations
            where job_id = any ($1)
            """;

    /** Those of the jobs that were cancelled. */
    public static Future<Set<UUID>> among(SqlClient database, Collection<UUID> jobIds) {
        return database.preparedQuery(AMONG)
                .execute(Tuple.of((Object) jobIds.toArray(UUID[]::new)))
                .map(rows -> {
                    var cancelled = new HashSet<UUID>();
                    rows.forEach(row -> cancelled.add(row.getUUID(0)));
                    return cancelled;
                });
    }

    private static final String BEGIN = """
            select jobs.begin_documents($1)
            """;

    /**
     * Fails the transaction when one of the jobs has been cancelled since they were looked at, and keeps them from being
     * cancelled until it has ended. So a document is either begun or cancelled, and a job never follows a cancelled one.
     */
    public static Write begin(Collection<UUID> jobIds) {
        return Write.rows(BEGIN, Tuple.of((Object) jobIds.toArray(UUID[]::new)));
    }
}
