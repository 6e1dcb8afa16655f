package io.millrace.graph;

import static io.vertx.core.Future.await;

import io.millrace.extract.Mention;
import io.millrace.extract.MentionRecord;
import io.millrace.jobs.JobVerticle;
import io.millrace.jobs.ProgressFact;
import io.millrace.stream.Batch;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.Effects;
import io.millrace.stream.Processor;
import io.millrace.stream.Subscription;
import io.vertx.sqlclient.SqlClient;
import java.util.List;
import java.util.concurrent.Executor;

/** The graph stage: mentions in, rows of the graph and records of what changed out. */
public final class GraphProcessor implements Processor<GraphProcessor.Loaded> {

    public static final String GROUP = "graph";
    public static final String TOPIC = "mentions";
    public static final String CHANGES = "changes";

    /**
     * Large batches: entities recur, so that a row written once a batch stands for many mentions. A record is some three
     * mentions: an entity, and a relationship at both ends.
     */
    private static final Subscription.Limits LIMITS = new Subscription.Limits(4_000, 4 << 20);

    /** A batch's mentions and what is stored about them. */
    public record Loaded(List<Mention> mentions, GraphState state) {}

    private final GraphLoads loads;

    private GraphProcessor(GraphLoads loads) {
        this.loads = loads;
    }

    /** @param starter runs a load of what batches need: later, so that those of other partitions can share it */
    static Subscription subscription(Executor starter) {
        var loads = new GraphLoads(starter);
        return new Subscription(GROUP, TOPIC, LIMITS, partition -> new GraphProcessor(loads));
    }

    @Override
    public Loaded load(Batch batch, SqlClient database) {
        var mentions = batch.records().stream()
                .flatMap(record -> MentionRecord.read(record).stream())
                .toList();
        var again = batch.reprocessing() || batch.records().stream().anyMatch(ConsumerRecord::isAgain);
        return new Loaded(mentions, await(loads.load(database, mentions, again)));
    }

    @Override
    public Effects decide(Batch batch, Loaded loaded) {
        var folded = GraphFold.fold(loaded.mentions(), loaded.state());
        var effects = Effects.builder();
        GraphStore.save(folded).forEach(effects::write);
        effects.append(
                CHANGES,
                batch.partition(),
                folded.changes().stream().map(GraphChange::toRecord).toList());
        effects.publish(JobVerticle.PROGRESSED, "");
        return effects.build();
    }

    @Override
    public Effects onDeadLetter(ConsumerRecord record, String reason) {
        return Effects.builder()
                .write(ProgressFact.failedChunk(
                        MentionRecord.read(record).getFirst().chunkId(), reason))
                .build();
    }
}
