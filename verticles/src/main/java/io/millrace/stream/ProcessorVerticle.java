package io.millrace.stream;

import io.millrace.pg.Database;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.Message;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the partitions of one group that this pod owns, each by a {@link PartitionRunner}. Deploy it on virtual threads.
 * Hears ticks ({@link Coordinator.GroupTick}) and positions ({@link Appended}); releases what is beyond its fair share
 * between two batches, one partition a tick, so that a rebalance never stops the others. Undeploying it releases all of
 * them and leaves the group; do so while the {@link Coordinator}'s database and {@link ComputePool} still run.
 */
public class ProcessorVerticle extends AbstractVerticle {

    private static final Logger LOG = LoggerFactory.getLogger(ProcessorVerticle.class);

    /** What every group of a pod shares. */
    public record Shared(
            Database database,
            Log log,
            GroupStore groups,
            ComputePool compute,
            HeapBudget memory,
            Coordinator coordinator,
            RunnerSettings settings,
            Consumer<Committed> onCommit) {}

    private record Run(PartitionRunner<?> runner, Future<Void> ended) {}

    private final Shared shared;
    private final Subscription subscription;
    private final Group group;
    private final BatchCommits commits;
    private final Waves waves;
    private final Map<Integer, Run> runs = new HashMap<>();
    private boolean stopping;

    public ProcessorVerticle(Shared shared, Subscription subscription, Group group) {
        this.shared = shared;
        this.subscription = subscription;
        this.group = group;
        this.waves = new Waves(
                shared.database(),
                shared.log(),
                group.topic(),
                subscription.limits().pace());
        this.commits = new BatchCommits(shared.database(), shared.log(), group, waves);
    }

    @Override
    public void start() {
        vertx.eventBus().localConsumer(Coordinator.GroupTick.address(group.name()), this::onTick);
        vertx.eventBus().localConsumer(Appended.address(group.topic().name()), this::onAppended);
        shared.coordinator().serve(group);
    }

    private void onAppended(Message<Appended> message) {
        var run = runs.get(message.body().partition());
        if (run != null) {
            run.runner.appended(message.body().to());
        }
    }

    private void onTick(Message<Coordinator.GroupTick> message) {
        var tick = message.body();
        for (var claim : tick.claims()) {
            start(claim, tick.state());
        }
        for (var partition : tick.state().partitions()) {
            observe(partition);
        }
        shed(runs.size() - tick.state().share());
    }

    private void observe(PartitionState partition) {
        var run = runs.get(partition.partition());
        if (run == null) {
            return;
        }
        if (partition.epoch() > run.runner.claim().epoch()) {
            // A seek, or another owner: the fence would tell as well, but only once there is something to commit.
            run.runner.stop();
        } else {
            run.runner.appended(partition.endOffset());
        }
    }

    private void shed(int surplus) {
        if (surplus > 0 && !stopping) {
            runs.entrySet().stream()
                    .max(Map.Entry.comparingByKey())
                    .ifPresent(last -> last.getValue().runner.stop());
        }
    }

    private void start(Claim claim, GroupState state) {
        if (stopping) {
            shared.groups()
                    .release(group, claim)
                    .onComplete(done -> shared.coordinator().ended(group, claim.partition()));
            return;
        }
        var end = state.partitions().stream()
                .filter(partition -> partition.partition() == claim.partition())
                .mapToLong(PartitionState::endOffset)
                .max()
                .orElse(claim.committedOffset());
        var runner = runner(claim, end, subscription);
        var ended = Promise.<Void>promise();
        var before = runs.put(claim.partition(), new Run(runner, ended.future()));
        if (before != null) {
            before.runner.stop();
        }
        context.runOnContext(started -> run(runner, ended));
    }

    @SuppressWarnings("unchecked")
    private PartitionRunner<Object> runner(Claim claim, long endOffset, Subscription to) {
        return new PartitionRunner<>(shared, commits, waves, to.limits(), group, claim, endOffset, () ->
                (Processor<Object>) to.processor().apply(claim.partition()));
    }

    private void run(PartitionRunner<?> runner, Promise<Void> ended) {
        var delayMillis = shared.settings().maxRetryDelay().toMillis();
        try {
            LOG.debug("{} starts at offset {}", runner, runner.claim().committedOffset());
            var end = runner.run();
            delayMillis = end.delayMillis();
            if (end.released()) {
                vertx.eventBus().publish(Coordinator.RELEASED, group.name());
            }
        } catch (Throwable e) {
            LOG.error("{} ended unexpectedly; it will be claimed again", runner, e);
        }
        var partition = runner.claim().partition();
        ended.complete();
        var current = runs.get(partition);
        if (current == null || current.runner != runner) {
            // Another run has taken its place, and the partition is that one's.
            return;
        }
        runs.remove(partition);
        if (delayMillis == 0) {
            shared.coordinator().ended(group, partition);
        } else {
            vertx.setTimer(delayMillis, fired -> shared.coordinator().ended(group, partition));
        }
    }

    @Override
    public void stop(Promise<Void> stopped) {
        stopping = true;
        shared.coordinator().retire(group);
        var open = runs.values().stream().map(Run::ended).toList();
        runs.values().forEach(run -> run.runner.stop());
        Future.join(open)
                .compose(ended -> shared.coordinator().leave(group))
                .onFailure(failure -> LOG.info("group {} could not be left: {}", group.name(), failure.getMessage()))
                .onComplete(left -> stopped.complete());
    }
}
