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
import org.jspecify.annotations.Nullable;

/**
 * The stats stage: changes of the graph in, counters out. Counters are sums, so work that a seek does again adds nothing:
 * it was counted.
 */
final class StatsProcessor implements Processor<StatsProcessor.Loaded> {

    static final String GROUP = "stats";

    /** Every batch writes the same few counters. */
    private static final Subscription.Limits LIMITS = new Subscription.Limits(500, 4 << 20, Duration.ofMillis(250));

    private @Nullable TopEntities top;

    /**
     * The list of the partition, and of a late batch its entities as they are: what its changes say of them was true once,
     * and later changes have been read already.
     */
    record Loaded(TopEntities top, @Nullable Map<UUID, StatsDelta.Degree> current) {

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
        var known = top;
        if (known == null) {
            known = StatsStore.loadTop(database, batch.partition());
            top = known;
        }
        return new Loaded(known, batch.late() ? StatsStore.loadDegrees(database, entities(batch)) : null);
    }

    private static List<UUID> entities(Batch batch) {
        return batch.records().stream()
                .flatMap(record -> GraphChange.read(record).entities().stream())
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
        for (var record : batch.records()) {
            delta.add(GraphChange.read(record), record.timestamp());
        }
        var effects = Effects.builder();
        StatsStore.save(batch.partition(), delta, loaded.top().update(loaded.degrees(delta)))
                .forEach(effects::write);
        return effects.build();
    }
}
