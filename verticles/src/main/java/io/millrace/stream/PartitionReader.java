package io.millrace.stream;

import static io.vertx.core.Future.await;

import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads one partition for one run, as batches: waits for records, takes memory before it fetches them, and holds it until they
 * are processed. Of one virtual thread, but for {@link #appended} and {@link #stop}, which are of the same context.
 */
final class PartitionReader {

    /** Whoever has more of them to read does not go with a wave. */
    private static final int FEW = 1_000;

    private final Log log;
    private final Waves waves;
    private final HeapBudget memory;
    private final Subscription.Limits limits;
    private final Topic topic;
    private final Claim claim;

    private final ArrayDeque<ConsumerRecord> fetched = new ArrayDeque<>();
    /** For what was fetched, until it is processed. */
    private HeapBudget.@Nullable Lease lease;

    private long endOffset;
    private volatile boolean stopping;
    private Promise<Void> arrival = Promise.promise();

    /** @param endOffset up to where records are known to be there */
    PartitionReader(
            Log log,
            Waves waves,
            HeapBudget memory,
            Subscription.Limits limits,
            Topic topic,
            Claim claim,
            long endOffset) {
        this.log = log;
        this.waves = waves;
        this.memory = memory;
        this.limits = limits;
        this.topic = topic;
        this.claim = claim;
        this.endOffset = endOffset;
    }

    /** Records up to here are known to be there. */
    void appended(long to) {
        if (to > endOffset) {
            endOffset = to;
            arrival.tryComplete();
        }
    }

    /** Waits no more. */
    void stop() {
        stopping = true;
        arrival.tryComplete();
    }

    /**
     * The batch at a position, which is behind the batch before it or where that was put back; null when there was nothing, or a
     * stop was asked for while waiting. Fails with OFFSET_OUT_OF_RANGE where records were dropped.
     *
     * @param max how many records it may hold
     */
    @Nullable
    Batch next(long position, int max) {
        if (fetched.isEmpty()) {
            close();
            if (position >= endOffset) {
                awaitAppended();
            }
            if (stopping || position >= endOffset) {
                return null;
            }
            fetched.addAll(fetch(position, batchBytes()));
            if (fetched.isEmpty()) {
                // The end is known from a commit, so records must be there: a replica, or a bug.
                throw new IllegalStateException("partition %d of topic %s has nothing at offset %d before %d"
                        .formatted(claim.partition(), topic.name(), position, endOffset));
            }
        }
        return batch(position, max);
    }

    private Batch batch(long position, int max) {
        var records = new ArrayList<ConsumerRecord>();
        // A batch is either all done before, or all new.
        var reprocessing = claim.processed().contains(position);
        var to = claim.processed().nextBound(position);
        var loads = 0L;
        while (records.size() < max && !fetched.isEmpty() && fetched.element().offset() < to) {
            var more = fetched.element().loadsBytes();
            if (more > 0 && !records.isEmpty() && loads + more > batchBytes()) {
                break;
            }
            loads += more;
            records.add(fetched.remove());
        }
        if (loads > batchBytes()) {
            takeMemory(loads);
        }
        var late = !reprocessing && to != Long.MAX_VALUE;
        return new Batch(topic.name(), claim.partition(), records, reprocessing, late);
    }

    private int batchBytes() {
        return memory.batchBytes(limits.bytes());
    }

    private List<ConsumerRecord> fetch(long position, int maxBytes) {
        takeMemory(maxBytes);
        var some = await(
                endOffset - position <= Math.min(FEW, limits.records())
                        ? waves.join(claim.partition(), position, maxBytes)
                        : log.fetch(topic, claim.partition(), position, maxBytes, Log.LARGEST_BYTES));
        if (some.largeBytes() == 0) {
            return some.records();
        }
        takeMemory(some.largeBytes());
        return await(log.fetch(topic, claim.partition(), position, 1));
    }

    /** What was taken before goes first: whoever holds some never waits for more. */
    private void takeMemory(long bytes) {
        giveBackMemory();
        lease = await(memory.take(HeapBudget.ofWorkOn(bytes)));
    }

    private void awaitAppended() {
        arrival = Promise.promise();
        if (!stopping) {
            await(arrival.future());
        }
    }

    /** The batch was not processed: its records come again. */
    void putBack(Batch batch) {
        for (var record : batch.records().reversed()) {
            fetched.addFirst(record);
        }
    }

    /** Whoever reads is through with what was fetched. */
    void close() {
        giveBackMemory();
        waves.leave(claim.partition());
    }

    private void giveBackMemory() {
        if (lease != null) {
            lease.close();
            lease = null;
        }
    }
}
