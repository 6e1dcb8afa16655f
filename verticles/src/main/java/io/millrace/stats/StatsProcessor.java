package io.millrace.stats;

import io.millrace.graph.GraphChange;
import io.millrace.stream.Batch;
import io.millrace.stream.Effects;
import io.millrace.stream.Processor;
import io.millrace.stream.Subscription;
import io.vertx.sqlclient.SqlClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The stats stage: changes of the graph in, counters out. Counters are sums, so work that a seek does again adds nothing:
 * it was counted.
 */
final class StatsProcessor implements Processor<StatsProcessor.Loaded> {

    static final String GROUP = "stats";

    /** Every batch writes the same few counters. */
    private static final Subscription.Limits LIMITS = new Subscription.Limits(500, 4 << 20, Duration.ofMillis(250));

    private final TopEntities top = new TopEntities();

    /**
     * What the batch says, the lists of the partition, and of a late batch its entities as they are: what its changes say of
     * them was true once, and later changes have been read already.
     */
    record Loaded(
            List<GraphChange> changes,
            TopEntities top,
            @Nullable Map<UUID, StatsDelta.Degree> current) {
        Loaded {
            changes = List.copyOf(changes);
        }

        List<StatsDelta.Degree> degrees(StatsDelta delta) {
            return current == null
                    ? delta.degrees()
                    : delta.degrees().stream()
                            .map(degree -> current.get(degree.entityId()))
                            .filter(Objects::nonNull)
                            .toList();
        }
    }

    static Subscription subscription(String topic) {
        return new Subscription(GROUP, topic, LIMITS, partition -> new StatsProcessor());
    }

    @Override
    public Loaded load(Batch batch, SqlClient database) {
        if (batch.reprocessing()) {
            return new Loaded(List.of(), top, null);
        }
        var changes = batch.records().stream().map(GraphChange::read).toList();
        var missing = top.missing(changes.stream().map(GraphChange::workspace).collect(Collectors.toSet()));
        if (!missing.isEmpty()) {
            top.put(missing, StatsStore.loadTop(database, batch.partition(), missing));
        }
        return new Loaded(changes, top, batch.late() ? StatsStore.loadDegrees(database, entities(changes)) : null);
    }

    private static List<UUID> entities(List<GraphChange> changes) {
        return changes.stream()
                .flatMap(change -> change.entities().stream())
                .map(GraphChange.EntityChange::id)
                .distinct()
                .toList();
    }

    @Override
    public Effects decide(Batch batch, Loaded loaded) {
        if (batch.reprocessing()) {
            return Effects.none();
        }
        var delta = new StatsDelta();
        for (var i = 0; i < batch.records().size(); i++) {
            delta.add(loaded.changes().get(i), batch.records().get(i).timestamp());
        }
        var effects = Effects.builder();
        StatsStore.save(batch.partition(), delta, loaded.top().update(loaded.degrees(delta)))
                .forEach(effects::write);
        return effects.build();
    }
}
