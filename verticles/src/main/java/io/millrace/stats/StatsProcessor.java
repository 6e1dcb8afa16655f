package io.millrace.stats;

import io.millrace.graph.GraphChange;
import io.millrace.stream.Batch;
import io.millrace.stream.Effects;
import io.millrace.stream.Processor;
import io.millrace.stream.Subscription;
import io.vertx.sqlclient.SqlClient;
import org.jspecify.annotations.Nullable;

/**
 * The stats stage: changes of the graph in, counters out. Counters are sums, so work that a seek does again adds nothing:
 * it was counted.
 */
final class StatsProcessor implements Processor<TopEntities> {

    static final String GROUP = "stats";

    private static final Subscription.Limits LIMITS = new Subscription.Limits(500, 4 << 20);

    private @Nullable TopEntities top;

    static Subscription subscription(String topic) {
        return new Subscription(GROUP, topic, LIMITS, partition -> new StatsProcessor());
    }

    @Override
    public TopEntities load(Batch batch, SqlClient database) {
        var known = top;
        if (known == null) {
            known = StatsStore.loadTop(database, batch.partition());
            top = known;
        }
        return known;
    }

    @Override
    public Effects decide(Batch batch, TopEntities stored) {
        if (batch.reprocessing()) {
            return Effects.none();
        }
        var delta = new StatsDelta();
        for (var record : batch.records()) {
            delta.add(GraphChange.read(record), record.timestamp());
        }
        var effects = Effects.builder();
        StatsStore.save(batch.partition(), delta, stored.update(delta.degrees()))
                .forEach(effects::write);
        return effects.build();
    }
}
