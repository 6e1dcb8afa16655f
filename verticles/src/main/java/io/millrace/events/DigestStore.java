package io.millrace.events;

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
import java.util.List;

/** Rows of {@code events.digests}, and the events that are told with them. */
final class DigestStore {

    private final Database database;
    private final Log log;

    DigestStore(Database database, Log log) {
        this.database = database;
        this.log = log;
    }

    /** What waits for a stage. */
    record StageLag(String stage, String topic, long lag) {}

    /** What a look at the state found: how many differ from what was told last, told now or too early for that. */
    record Told(int changed, List<Appended> appended) {
        static final Told NOTHING = new Told(0, List.of());
    }

    private static final String LOCK = """
            select pg_try_advisory_xact_lock(hashtextextended('events.digests', 0))
            """;

    /** Tells what has changed since it was last told, each subject at most once a second. */
    Future<Told> tell(List<StageLag> lags) {
        return database.inTransaction(connection -> connection
                .query(LOCK)
                .execute()
                .compose(rows -> rows.iterator().next().getBoolean(0)
                        ? changed(connection, lags).compose(changed -> append(connection, changed))
                        // Another pod believes itself elected, for a moment.
                        : Future.succeededFuture(Told.NOTHING)));
    }

    /**
     * A workspace's totals are four rows a partition, whatever the size of the graph. A time in the future is one of a
     * clock that was set back since.
     */
    private static final String CHANGED = """
            with current (kind, subject, workspace, data) as (
              select 'graph.statistics', c.workspace, c.workspace, jsonb_build_object(
                'entity_count', coalesce(sum(c.value) filter (where c.name = 'entities'), 0)::bigint,
                'relationship_count', coalesce(sum(c.value) filter (where c.name = 'relationships'), 0)::bigint,
                'entity_mentions', coalesce(sum(c.value) filter (where c.name = 'entity_mentions'), 0)::bigint,
                'relationship_mentions', coalesce(sum(c.value) filter (where c.name = 'relationship_mentions'), 0)::bigint)
              from lightrag.counters c
              where c.key = ''
              group by c.workspace
              union all
              select 'stage.lag', s.stage, null, jsonb_build_object('topic', s.topic, 'lag', s.lag)
              from unnest($1::text[], $2::text[], $3::bigint[]) s (stage, topic, lag)
            ), changed as (
              select c.*, d.told_at is null or d.told_at not between clock_timestamp() - interval '1 second' and clock_timestamp() as due
              from current c
              left join events.digests d on d.kind = c.kind and d.subject = c.subject
              where d.data is distinct from c.data
              order by d.told_at nulls first, c.kind, c.subject
              limit 1000
            ), told as (
              insert into events.digests (kind, subject, data, told_at)
              select c.kind, c.subject, c.data, clock_timestamp()
              from changed c
              where c.due
              on conflict (kind, subject) do update
              set data = excluded.data, told_at = excluded.told_at
            )
            select kind, subject, workspace, data, due
            from changed
            order by kind, subject
            """;

    private static Future<RowSet<Row>> changed(SqlConnection connection, List<StageLag> lags) {
        return connection
                .preparedQuery(CHANGED)
                .execute(Tuple.of(
                        lags.stream().map(StageLag::stage).toArray(String[]::new),
                        lags.stream().map(StageLag::topic).toArray(String[]::new),
                        lags.stream().map(StageLag::lag).toArray(Long[]::new)));
    }

    private Future<Told> append(SqlConnection connection, RowSet<Row> changed) {
        var records = new ArrayList<ProducerRecord>();
        for (var row : changed) {
            if (row.getBoolean(4)) {
                records.add(record(row));
            }
        }
        if (records.isEmpty()) {
            return Future.succeededFuture(new Told(changed.size(), List.of()));
        }
        return log.append(connection, List.of(new Effects.Append(Event.TOPIC, 0, records)))
                .map(appended -> new Told(changed.size(), appended));
    }

    private static ProducerRecord record(Row row) {
        var kind = EventKind.of(row.getString(0)).orElseThrow();
        return Event.record(kind, row.getString(1), row.getString(2), row.get(JsonObject.class, 3));
    }
}
