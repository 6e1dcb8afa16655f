package io.millrace.stats;

import io.millrace.pg.Database;
import io.millrace.pg.SqlStates;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the statistics: sums of counters, whose number does not grow with the graph. */
public final class StatsReader {

    private final Database database;

    public StatsReader(Database database) {
        this.database = database;
    }

    /**
     * The statistics of a workspace.
     *
     * @param details counts by type, degrees and top entities, as {@code lightrag.graph_metadata} has them
     * @param jobs ended jobs by how they ended
     */
    public record Statistics(
            long entityCount,
            long relationshipCount,
            @Nullable Instant lastUpdated,
            JsonObject details,
            Map<String, Long> jobs) {}

    private static final String CURRENT = """
            select entity_count, relationship_count, last_updated, statistics
            from lightrag.current_statistics
            where workspace = $1
            """;

    private static final String JOBS = """
            select name, value
            from jobs.totals
            where workspace = $1
            """;

    /** The statistics now; zeros for a workspace that nothing was posted to. */
    public Future<Statistics> current(String workspace) {
        var current = database.pool().preparedQuery(CURRENT).execute(Tuple.of(workspace));
        var totals = database.pool().preparedQuery(JOBS).execute(Tuple.of(workspace));
        return Future.all(current, totals)
                .map(both -> {
                    var jobs = new HashMap<String, Long>();
                    totals.result().forEach(row -> jobs.put(row.getString(0), row.getLong(1)));
                    var rows = current.result().iterator();
                    if (!rows.hasNext()) {
                        return new Statistics(0, 0, null, new JsonObject(), jobs);
                    }
                    var row = rows.next();
                    return new Statistics(
                            row.getLong(0),
                            row.getLong(1),
                            row.getOffsetDateTime(2).toInstant(),
                            row.getJsonObject(3),
                            jobs);
                })
                .recover(thrown -> Future.failedFuture(SqlStates.failure(thrown)));
    }
}
