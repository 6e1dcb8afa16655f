package io.millrace.events;

import io.millrace.pg.Database;
import io.millrace.stream.Appended;
import io.millrace.stream.Coordinator;
import io.millrace.stream.GroupState;
import io.millrace.stream.Log;
import io.millrace.stream.PartitionState;
import io.vertx.core.AbstractVerticle;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells, at most once a second, how the graph's totals and the stages' lag have changed. Elected is the pod that owns the
 * first partition of the stats group: a lease that is there anyway. Two that believe it for a moment take turns by a lock,
 * and each sees what the other has told. Where nothing has moved it asks nothing and tells nothing.
 */
public final class DigestVerticle extends AbstractVerticle {

    private static final Logger LOG = LoggerFactory.getLogger(DigestVerticle.class);
    private static final Duration PERIOD = Duration.ofSeconds(1);

    private final DigestStore store;
    private final Coordinator coordinator;
    private final UUID memberId;
    private final String statsGroup;
    private @Nullable Seen told;

    /** What a digest can come from: how far the statistics have been counted, and what waits where. */
    private record Seen(List<Long> counted, List<DigestStore.StageLag> lags) {}

    public DigestVerticle(Database database, Log log, Coordinator coordinator, UUID memberId, String statsGroup) {
        this.store = new DigestStore(database, log);
        this.coordinator = coordinator;
        this.memberId = memberId;
        this.statsGroup = statsGroup;
    }

    @Override
    public void start() {
        vertx.setTimer(PERIOD.toMillis(), fired -> look());
    }

    private void look() {
        var states = coordinator.states();
        var stats = states.get(statsGroup);
        if (stats == null || !isElected(stats)) {
            told = null;
            again();
            return;
        }
        var seen = seen(stats, states);
        if (seen.equals(told)) {
            again();
            return;
        }
        store.tell(seen.lags())
                .onSuccess(outcome -> {
                    outcome.appended()
                            .forEach(range -> vertx.eventBus().publish(Appended.address(range.topic()), range));
                    if (outcome.changed() == 0) {
                        told = seen;
                    }
                })
                .onFailure(failure -> LOG.info("no digest, the next one makes up for it: {}", failure.getMessage()))
                .onComplete(done -> again());
    }

    /** Not a period of the clock: what is told twice is a second apart however long telling takes. */
    private void again() {
        vertx.setTimer(PERIOD.toMillis(), fired -> look());
    }

    private boolean isElected(GroupState stats) {
        return !stats.partitions().isEmpty()
                && memberId.equals(stats.partitions().getFirst().owner());
    }

    /** A group that reads the events themselves is left out, or it would be told about for ever. */
    private static Seen seen(GroupState stats, Map<String, GroupState> states) {
        return new Seen(
                stats.partitions().stream().map(PartitionState::committedOffset).toList(),
                states.values().stream()
                        .filter(state -> !state.topic().equals(Event.TOPIC))
                        .map(state -> new DigestStore.StageLag(state.group(), state.topic(), state.lag()))
                        .sorted(Comparator.comparing(DigestStore.StageLag::stage))
                        .toList());
    }
}
