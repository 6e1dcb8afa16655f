package io.millrace.ingest;

import io.millrace.jobs.JobStore;
import io.millrace.pg.Database;
import io.millrace.stream.Appended;
import io.millrace.stream.Effects;
import io.millrace.stream.Log;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Accepts documents: their jobs and their records in the log, in one transaction. */
final class IngestStore {

    private final Database database;
    private final Log log;
    private final String topic;

    IngestStore(Database database, Log log, String topic) {
        this.database = database;
        this.log = log;
        this.topic = topic;
    }

    /**
     * Stores documents whose jobs are not there yet. It may be called again with the same ones: a job that is there has
     * its record too, and an insert waits for another that is under way with the same id.
     */
    Future<List<Appended>> accept(List<Arrival> arrivals) {
        var jobs = arrivals.stream().map(Arrival::job).toList();
        return database.inTransaction(connection ->
                JobStore.insert(connection, jobs).compose(inserted -> append(connection, arrivals, inserted)));
    }

    private Future<List<Appended>> append(SqlConnection connection, List<Arrival> arrivals, Set<UUID> inserted) {
        var fresh = new HashSet<>(inserted);
        var appends = new ArrayList<Effects.Append>();
        for (var arrival : arrivals) {
            // Removed, so that an id that came twice in one flush is appended once.
            if (fresh.remove(arrival.job().id())) {
                appends.add(new Effects.Append(topic, arrival.partition(), List.of(arrival.record())));
            }
        }
        return log.append(connection, appends);
    }
}
