package io.millrace.jobs;

import static io.millrace.pg.Columns.longs;
import static io.millrace.pg.Columns.texts;

import io.millrace.events.Event;
import io.millrace.events.EventKind;
import io.millrace.pg.Database;
import io.millrace.stream.Appended;
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

    SweepStore(Database database, Log log, String graphGroup) {
        this.database = database;
        this.log = log;
        this.graphGroup = graphGroup;
    }

    /** What a sweep did: how many jobs it touched, which of them have ended, and where it told of that. */
    record Swept(int touched, List<JobFinished> finished, List<Appended> appended) {}

    private static final String HAS_FACTS = """
            select exists (select from jobs.progress)
            """;

    /** Whether there is anything that a sweep could fold, by now or later. */
    Future<Boolean> hasFacts() {
        return database.list(HAS_FACTS, Tuple.tuple(), row -> row.getBoolean(0)).map(List::getFirst);
    }

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
                        return Future.succeededFuture(new Swept(rows.size(), finished, List.of()));
                    }
                    var ids = finished.stream().map(JobFinished::id).toArray(UUID[]::new);
                    return connection
                            .preparedQuery(SWEEP_FOLLOWERS)
                            .execute(Tuple.of((Object) ids))
                            .compose(followers -> {
                                finished.addAll(finished(followers));
                                return record(connection, finished)
                                        .map(appended -> new Swept(rows.size(), finished, appended));
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
    Future<List<Appended>> record(SqlConnection connection, List<JobFinished> finished) {
        var counted = addTotals(connection, finished);
        var changed = changedDocuments(connection, finished);
        // The append comes last, since from then on all other appenders of events wait for the commit.
        return Future.all(counted, changed).compose(both -> {
            var records = new ArrayList<ProducerRecord>();
            finished.forEach(job -> records.add(event(job)));
            records.addAll(changed.result());
            return log.append(connection, List.of(new Effects.Append(Event.TOPIC, 0, records)));
        });
    }

    private static Future<?> addTotals(SqlConnection connection, List<JobFinished> finished) {
        var totals = new HashMap<Map.Entry<String, String>, Long>();
        for (var job : finished) {
            totals.merge(Map.entry(job.workspace(), "jobs_" + job.status()), 1L, Long::sum);
        }
        var entries = new ArrayList<>(totals.entrySet());
        return connection
                .preparedQuery(ADD_TOTALS)
                .execute(Tuple.of(
                        texts(entries, entry -> entry.getKey().getKey()),
                        texts(entries, entry -> entry.getKey().getValue()),
                        longs(entries, Map.Entry::getValue)));
    }

    private static ProducerRecord event(JobFinished job) {
        var data = new JsonObject()
                .put("source_uri", job.sourceUri())
                .put("chunks_total", job.chunksTotal())
                .put("error_message", job.errorMessage());
        var kind = job.status().equals("completed") ? EventKind.JOB_COMPLETED : EventKind.JOB_FAILED;
        return Event.record(kind, job.id().toString(), job.workspace(), data);
    }

    private static final String CHANGED_DOCUMENTS = """
            select d.document_id, d.workspace, d.source_uri, d.version, d.content_type, d.title, d.job_id
            from unnest($1::uuid[]) with ordinality n (job_id, place)
            join jobs.job_status j on j.id = n.job_id
            join jobs.documents d on d.document_id = j.document_id and d.job_id = j.id
            order by n.place
            """;

    /**
     * Documents whose current version became visible with these jobs. Told here and not by the chunk stage: there it is
     * too early, and its partitions would wait for each other at the one partition of the events.
     */
    private static Future<List<ProducerRecord>> changedDocuments(SqlConnection connection, List<JobFinished> finished) {
        var completed = finished.stream()
                .filter(job -> job.status().equals("completed"))
                .map(JobFinished::id)
                .toArray(UUID[]::new);
        return connection
                .preparedQuery(CHANGED_DOCUMENTS)
                .execute(Tuple.of((Object) completed))
                .map(rows -> {
                    var records = new ArrayList<ProducerRecord>();
                    rows.forEach(row -> records.add(changed(row)));
                    return records;
                });
    }

    private static ProducerRecord changed(Row row) {
        var data = new JsonObject()
                .put("source_uri", row.getString(2))
                .put("version", row.getLong(3))
                .put("content_type", row.getString(4))
                .put("title", row.getString(5))
                .put("job_id", row.getUUID(6).toString());
        return Event.record(EventKind.DOCUMENT_CHANGED, row.getUUID(0).toString(), row.getString(1), data);
    }
}
