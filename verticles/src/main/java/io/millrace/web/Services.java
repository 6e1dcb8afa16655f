package io.millrace.web;

import io.millrace.jobs.CancelStore;
import io.millrace.pg.Database;
import io.millrace.stream.Coordinator;
import io.millrace.stream.GroupState;
import io.millrace.stream.HeapBudget;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * What the door needs of a pod that is up.
 *
 * @param memory what heavy work of the whole pod takes its memory from
 * @param poolActive connections in use now
 * @param lastProgress when each group of this pod last committed
 */
public record Services(
        Database database,
        HeapBudget memory,
        Coordinator coordinator,
        CancelStore cancellation,
        IntSupplier poolActive,
        Map<String, Instant> lastProgress) {

    Collection<HealthApi.StageHealth> stages() {
        return coordinator.states().values().stream().map(this::stage).toList();
    }

    private HealthApi.StageHealth stage(GroupState state) {
        return new HealthApi.StageHealth(state, lastProgress.getOrDefault(state.group(), Instant.EPOCH));
    }

    HealthApi.DatabaseHealth databaseHealth() {
        return new HealthApi.DatabaseHealth() {
            @Override
            public Future<Void> ping() {
                Future<RowSet<Row>> answer = database.pool().query("select 1").execute();
                return answer.mapEmpty();
            }

            @Override
            public int active() {
                return poolActive.getAsInt();
            }

            @Override
            public int idle() {
                return Math.max(0, database.pool().size() - active());
            }

            @Override
            public int max() {
                return database.settings().pool().maxSize();
            }
        };
    }
}
