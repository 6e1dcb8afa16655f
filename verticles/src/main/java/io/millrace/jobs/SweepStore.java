package io.millrace.jobs;

import static io.millrace.pg.Columns.longs;
import static io.millrace.pg.Columns.texts;

import io.millrace.pg.Database;
import io.millrace.stream.Effects;
import io.millrace.stream.Log;
import io.millrace.stream.ProducerRecord;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The sweep's transaction: facts into jobs, ended jobs into totals and events. */
final class SweepStore {

    private final Database database;
    private final Log log;
    private final String graphGroup;
    private final String events;

    SweepStore(Database database, Log log, String graphGroup, String events) {
        this.database = database;
        this.log = log;
        this.graphGroup = graphGroup;
        this.events = events;
    }

    /** What a sweep did: how many jobs it touched, and which of them have ended. */
    record Swept(int touched, List<JobFinished> finished) {}

    private static final String SWEEP = """
            select id, workspace, source_uri, status, error_message, chunks_total, completed_at
            from jobs.sweep($1)
            """;

    private static final String SWEEP_FOLLOWERS = """
            select id, workspace, source_uri, status, error_message, chunks_total, completed_at
            from jobs.sweep_followers($1)
            """;

    Future<Swept> sweep() {
        return database.inTransaction(connection -> connection
                .preparedQuery(SWEEP)
                .execute(Tuple.of(graphGroup))
                .compose(rows -> {
                    var finished = finished(rows);
                    if (finished.isEmpty()) {
                        return Future.succeededFuture(new Swept(rows.size(), finished));
                    }
                    var ids = finished.stream().map(JobFinished::id).toArray(UUID[]::new);
                    return connection
                            .preparedQuery(SWEEP_FOLLOWERS)
                            .execute(Tuple.of((Object) ids))
                            .compose(followers -> {
                                finished.addAll(finished(followers));
                                return record(connection, finished).map(new Swept(rows.size(), finished));
                            });
                }));
    }

    private static List<JobFinished> finished(RowSet<Row> rows) {
        var finished = new ArrayList<JobFinished>();
        for (var row : rows) {
            var completedAt = row.getOffsetDateTime(6);
            if (completedAt != null) {
                finished.add(new JobFinished(
                        row.getUUID(0),
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getInteger(5),
                        completedAt.toInstant()));
            }
        }
        return finished;
    }

    private static final String ADD_TOTALS = """
            insert into jobs.totals (workspace, name, value)
            select * from unnest($1::text[], $2::text[], $3::bigint[])
            on conflict (workspace, name) do update
            set value = totals.value + excluded.value
            """;

    /** Counts ended jobs and tells of them, within the transaction that ends them. */
    Future<?> record(SqlConnection connection, List<JobFinished> finished) {
        var totals = new HashMap<Map.Entry<String, String>, Long>();
        for (var job : finished) {
            totals.merge(Map.entry(job.workspace(), "jobs_" + job.status()), 1L, Long::sum);
        }
        var entries = new ArrayList<>(totals.entrySet());
        var written = connection
                .preparedQuery(ADD_TOTALS)
                .execute(Tuple.of(
                        texts(entries, entry -> entry.getKey().getKey()),
                        texts(entries, entry -> entry.getKey().getValue()),
                        longs(entries, Map.Entry::getValue)));
        var records = finished.stream().map(SweepStore::event).toList();
        return Future.all(written, log.append(connection, List.of(new Effects.Append(events, 0, records))));
    }

    private static ProducerRecord event(JobFinished job) {
        var data = new JsonObject()
                .put("source_uri", job.sourceUri())
                .put("chunks_total", job.chunksTotal())
                .put("error_message", job.errorMessage());
        var event = new JsonObject()
                .put("kind", "job." + job.status())
                .put("subject", job.id().toString())
                .put("workspace", job.workspace())
                .put("data", data);
        return ProducerRecord.of(job.workspace() + "/" + job.id(), event.toBuffer());
    }
}
