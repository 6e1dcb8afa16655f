package io.millrace.stats;

import io.millrace.pg.Database;
import io.millrace.stream.Group;
import io.millrace.stream.ProcessorVerticle;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the stats stage, and keeps the state of the graph at the end of each minute in which it changed. */
public final class StatsVerticle extends ProcessorVerticle {

    public static final String GROUP = StatsProcessor.GROUP;

    private static final Logger LOG = LoggerFactory.getLogger(StatsVerticle.class);
    private static final Duration SNAPSHOT = Duration.ofSeconds(20);

    private final Database database;

    public StatsVerticle(Shared shared, Group group) {
        super(shared, StatsProcessor.subscription(group.topic().name()), group);
        this.database = shared.database();
    }

    @Override
    public void start() {
        super.start();
        vertx.setPeriodic(
                SNAPSHOT.toMillis(),
                fired -> StatsStore.snapshot(database.pool())
                        .onFailure(failure -> LOG.warn("no snapshot of the statistics: {}", failure.getMessage())));
    }
}
