package io.millrace.stream;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the database, once a second and in one round trip for all groups of this pod, what it may claim and where every
 * partition stands, and tells the groups over the event bus ({@link GroupTick}). The net below all wake-ups: what a lost
 * notification would have told, the next tick does. It looks at all the groups that it is given, and claims partitions of
 * those that have a verticle here.
 */
public final class Coordinator extends AbstractVerticle {

    /** What one group hears of a tick. */
    record GroupTick(List<Claim> claims, GroupState state) {

        static String address(String group) {
            return "millrace.tick." + group;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);
    private static final Duration HOUSEKEEPING = Duration.ofMinutes(1);
    static final String TICK_NOW = "millrace.tick-now";
    /** Something that another pod may claim was given back. */
    static final String RELEASED = "millrace.released";

    private final GroupStore store;
    private final Membership membership;
    private final Collection<Group> groups;
    private final Settings settings;
    private final Set<Group> serving = ConcurrentHashMap.newKeySet();
    private final Set<GroupStore.Running> running = ConcurrentHashMap.newKeySet();
    private final Map<String, GroupState> states = new ConcurrentHashMap<>();
    private volatile int pods = 1;
    private volatile Future<?> tick = Future.succeededFuture();
    private boolean again;
    private boolean stopping;

    /** How often to ask, and how segments are cut. */
    public record Settings(Duration tick, Duration segmentLength, Duration segmentsAhead) {
        public static final Settings DEFAULT =
                new Settings(Duration.ofSeconds(1), Duration.ofDays(1), Duration.ofHours(6));
    }

    public Coordinator(GroupStore store, Membership membership, Collection<Group> groups, Settings settings) {
        this.store = store;
        this.membership = membership;
        this.groups = List.copyOf(groups);
        this.settings = settings;
    }

    @Override
    public void start() {
        vertx.eventBus().<String>localConsumer(TICK_NOW, message -> tick());
        vertx.setPeriodic(settings.tick().toMillis(), fired -> tick());
        vertx.setPeriodic(HOUSEKEEPING.toMillis(), fired -> keepHouse());
        keepHouse();
        tick();
    }

    /**
     * Waits for the tick in flight. What a verticle has asked of the database and has not heard when it is gone, it never
     * hears: the groups that {@link #leave} after that tick would wait for good.
     */
    @Override
    public void stop(Promise<Void> stopped) {
        stopping = true;
        tick.onComplete(done -> stopped.complete());
    }

    /** Where each group of this pod stands, as of the last tick. */
    public Map<String, GroupState> states() {
        return Map.copyOf(states);
    }

    /** Pods whose lease counts, this one included. */
    public int pods() {
        return pods;
    }

    /** The group has a verticle in this pod: its partitions may be claimed from now on. */
    void serve(Group group) {
        serving.add(group);
        askForTick();
    }

    /** The group's verticle is about to stop: what it releases is not for this pod to claim again. */
    void retire(Group group) {
        serving.remove(group);
    }

    /** The group's verticle runs nothing any more: the other pods' shares grow at once. */
    Future<Void> leave(Group group) {
        return tick.otherwiseEmpty()
                .compose(done -> store.leave(group, membership.memberId()))
                .onSuccess(left -> vertx.eventBus().publish(RELEASED, group.name()));
    }

    /** A run has ended: its partition may be claimed again. */
    void ended(Group group, int partition) {
        running.remove(new GroupStore.Running(group.id(), partition));
        askForTick();
    }

    private void askForTick() {
        // Before it is deployed there is nobody to ask, and the deployment begins with a tick.
        var deployed = vertx;
        if (deployed != null) {
            deployed.eventBus().publish(TICK_NOW, "");
        }
    }

    private void tick() {
        if (stopping) {
            return;
        }
        if (!tick.isComplete()) {
            again = true;
            return;
        }
        tick = store.tick(membership.memberId(), membership.lease(), groups, List.copyOf(serving), List.copyOf(running))
                .onSuccess(this::announce)
                .onFailure(failure -> LOG.warn("tick failed: {}", failure.getMessage()))
                .onComplete(done -> {
                    if (again) {
                        again = false;
                        context.runOnContext(next -> tick());
                    }
                });
    }

    private void announce(GroupStore.Tick tick) {
        pods = Math.max(1, tick.pods());
        for (var group : groups) {
            var claims = tick.claims().getOrDefault(group.id(), List.of());
            if (!serving.contains(group)) {
                claims.forEach(claim -> store.release(group, claim));
                claims = List.of();
            }
            // Before the run starts, so that the next tick does not claim the partition from ourselves.
            claims.forEach(claim -> running.add(new GroupStore.Running(group.id(), claim.partition())));
            var state = tick.states().get(group.id());
            if (state != null) {
                states.put(group.name(), state);
                vertx.eventBus().publish(GroupTick.address(group.name()), new GroupTick(claims, state));
            }
        }
    }

    private void keepHouse() {
        store.createSegmentsAhead(settings.segmentLength(), settings.segmentsAhead())
                .onFailure(failure -> LOG.warn("segments could not be made ahead: {}", failure.getMessage()));
        store.reap().onFailure(failure -> LOG.warn("members could not be forgotten: {}", failure.getMessage()));
    }
}
