package io.millrace.stream;

import static io.vertx.core.Future.await;

import io.millrace.pg.Database;
import io.millrace.pg.DatabaseFailure;
import io.millrace.pg.SqlStates;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.SqlConnection;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one partition of a group for as long as one claim lasts: fetch, load, decide, and commit fence, rows and appends in
 * one transaction. It reads top to bottom on a virtual thread and ends by itself when it is fenced, asked to stop, or no
 * longer sure of what was committed; whoever started it then claims again.
 *
 * <p>When a batch fails for a reason of its own, its records are run one at a time, so that one bad record is found
 * without harm to its neighbours. A record that keeps failing goes to the dead-letter topic. After two unclean ends at the
 * same offset the records there are tried alone, each with a durable mark, and only those trials count.
 */
final class PartitionRunner<S> {

    private static final Logger LOG = LoggerFactory.getLogger(PartitionRunner.class);

    /** Unclean ends at one offset before its records are suspected. */
    private static final int UNCLEAN_CLAIMS_BEFORE_TRIALS = 2;

    /** Commits between two trims of the commit log. */
    private static final int TRIM_EVERY = 1_000;

    private final Database database;
    private final Log log;
    private final GroupStore groups;
    private final ComputePool compute;
    private final RunnerSettings settings;
    private final Subscription subscription;
    private final Group group;
    private final Claim claim;
    private final Supplier<Processor<S>> processors;
    private final Consumer<Committed> onCommit;

    private final ArrayDeque<ConsumerRecord> fetched = new ArrayDeque<>();
    private Processor<S> processor;
    private long position;
    private long sequence;
    private long endOffset;
    private long aloneUntil;
    private boolean trials;
    private int failures;
    private volatile boolean stopping;
    private @Nullable Promise<Void> wakeUp;

    /** How a run ended: whether the partition is released already, and how long to wait before claiming again. */
    record Ended(boolean released, long delayMillis) {}

    PartitionRunner(
            Database database,
            Log log,
            GroupStore groups,
            ComputePool compute,
            RunnerSettings settings,
            Subscription subscription,
            Group group,
            Claim claim,
            long endOffset,
            Supplier<Processor<S>> processors,
            Consumer<Committed> onCommit) {
        this.database = database;
        this.log = log;
        this.groups = groups;
        this.compute = compute;
        this.settings = settings;
        this.subscription = subscription;
        this.group = group;
        this.claim = claim;
        this.processors = processors;
        this.onCommit = onCommit;
        this.processor = processors.get();
        this.position = claim.committedOffset();
        this.sequence = claim.sequence();
        this.endOffset = endOffset;
        this.trials = claim.uncleanClaims() >= UNCLEAN_CLAIMS_BEFORE_TRIALS
                || (claim.trials() > 0 && claim.trialOffset() == claim.committedOffset());
        this.aloneUntil = trials ? position + subscription.limits().records() : position;
    }

    Claim claim() {
        return claim;
    }

    /** Records up to here are known to be there. */
    void appended(long to) {
        if (to > endOffset) {
            endOffset = to;
            wake();
        }
    }

    /** Ends the run after the batch in flight. */
    void stop() {
        stopping = true;
        wake();
    }

    private void wake() {
        var waiting = wakeUp;
        if (waiting != null) {
            wakeUp = null;
            waiting.complete();
        }
    }

    /** Runs until stopped, fenced, or in doubt; call it on a virtual thread of the verticle's context. */
    Ended run() {
        while (!stopping) {
            try {
                var batch = next();
                if (batch != null) {
                    process(batch);
                    failures = 0;
                }
            } catch (DatabaseFailure failure) {
                return ended(failure);
            } catch (Processor.Outage outage) {
                failures++;
                LOG.warn("{} waits: {}", this, outage.getMessage());
                pause();
            }
        }
        return release();
    }

    private Ended ended(DatabaseFailure failure) {
        var fenced = failure.kind() == DatabaseFailure.Kind.FENCED;
        LOG.info("{} lets go at offset {}: {}", this, position, failure.getMessage());
        return new Ended(false, fenced ? 0 : settings.delayAfter(1).toMillis());
    }

    private Ended release() {
        try {
            await(groups.release(group, claim));
            return new Ended(true, 0);
        } catch (DatabaseFailure failure) {
            LOG.info("{} could not be released: {}", this, failure.getMessage());
            return new Ended(false, 0);
        }
    }

    /** The next batch; null when there was nothing, or a stop was asked for while waiting. */
    private @Nullable Batch next() {
        if (fetched.isEmpty()) {
            if (position >= endOffset) {
                awaitAppended();
            }
            if (stopping || position >= endOffset) {
                return null;
            }
            var limits = subscription.limits();
            fetched.addAll(await(log.fetch(group.topic(), claim.partition(), position, limits.bytes())));
            if (fetched.isEmpty()) {
                // The end is known from a commit, so records must be there: a replica, or a bug.
                throw new IllegalStateException(this + " finds nothing at offset " + position + " before " + endOffset);
            }
        }
        var records = new ArrayList<ConsumerRecord>();
        var max = position < aloneUntil ? 1 : subscription.limits().records();
        while (records.size() < max && !fetched.isEmpty()) {
            records.add(fetched.remove());
        }
        return new Batch(group.topic().name(), claim.partition(), records, position < claim.highOffset());
    }

    private void awaitAppended() {
        var promise = Promise.<Void>promise();
        wakeUp = promise;
        if (!stopping) {
            await(promise.future());
        }
    }

    private void process(Batch batch) {
        if (batch.records().size() > 1 || batch.to() > aloneUntil) {
            try {
                commit(batch, effects(batch));
            } catch (DatabaseFailure failure) {
                if (failure.kind() != DatabaseFailure.Kind.REFUSED) {
                    throw failure;
                }
                suspect(batch, failure);
            } catch (Processor.Outage outage) {
                restart(batch);
                throw outage;
            } catch (Exception | LinkageError | StackOverflowError | OutOfMemoryError | AssertionError e) {
                suspect(batch, e);
            }
        } else {
            tryAlone(batch);
        }
    }

    /** One of these records is bad: go back, and run them one at a time with a processor that remembers nothing. */
    private void suspect(Batch batch, Throwable thrown) {
        LOG.warn(
                "{} failed on {} records from offset {}: trying them one at a time",
                this,
                batch.records().size(),
                batch.from(),
                thrown);
        aloneUntil = Math.max(aloneUntil, batch.to());
        restart(batch);
    }

    private void restart(Batch batch) {
        processor = processors.get();
        for (var i = batch.records().size() - 1; i >= 0; i--) {
            fetched.addFirst(batch.records().get(i));
        }
    }

    private void tryAlone(Batch batch) {
        var reason = trials ? durableTrial(batch) : null;
        for (var attempt = 1; reason == null; attempt++) {
            try {
                commit(batch, effects(batch));
                return;
            } catch (DatabaseFailure failure) {
                if (failure.kind() != DatabaseFailure.Kind.REFUSED) {
                    throw failure;
                }
                reason = retryOrReason(batch, attempt, failure);
            } catch (Processor.Outage outage) {
                restart(batch);
                throw outage;
            } catch (Exception | LinkageError | StackOverflowError | OutOfMemoryError | AssertionError e) {
                reason = retryOrReason(batch, attempt, e);
            }
        }
        deadLetter(batch, reason);
    }

    /** Counts a trial before it is made; the reason to give up when there were enough. */
    private @Nullable String durableTrial(Batch batch) {
        var counted = await(groups.markTrial(group, claim, batch.from()));
        return counted > settings.maxAttempts()
                ? "its process ended uncleanly in each of %d trials".formatted(counted - 1)
                : null;
    }

    private @Nullable String retryOrReason(Batch batch, int attempt, Throwable thrown) {
        processor = processors.get();
        if (attempt >= settings.maxAttempts()) {
            LOG.error("{} gives up on offset {} after {} attempts", this, batch.from(), attempt, thrown);
            return String.valueOf(thrown);
        }
        failures = attempt;
        pause();
        return null;
    }

    private void deadLetter(Batch batch, String reason) {
        var record = batch.records().getFirst();
        var headers = new ArrayList<>(record.headers());
        headers.add(new Header("millrace-reason", Buffer.buffer(reason)));
        headers.add(new Header("millrace-group", Buffer.buffer(group.name())));
        headers.add(new Header("millrace-partition", Buffer.buffer(Integer.toString(record.partition()))));
        headers.add(new Header("millrace-offset", Buffer.buffer(Long.toString(record.offset()))));
        var effects = processor.onDeadLetter(record, reason);
        var all = Effects.builder();
        effects.writes().forEach(all::write);
        effects.appends().forEach(append -> all.append(append.topic(), append.partition(), append.records()));
        all.append(
                Topic.deadLetters(group.topic().name()),
                record.partition(),
                List.of(new ProducerRecord(record.key(), record.value(), headers)));
        commit(batch, all.build());
        LOG.error("{} put offset {} into the dead-letter topic: {}", this, record.offset(), reason);
    }

    private Effects effects(Batch batch) throws Exception {
        var deciding = processor;
        var state = load(deciding, batch);
        return await(compute.run(
                "%s, %d records from offset %d".formatted(this, batch.records().size(), batch.from()),
                () -> deciding.decide(batch, state)));
    }

    private S load(Processor<S> loading, Batch batch) throws Exception {
        try {
            return loading.load(batch, database.pool());
        } catch (Exception e) {
            throw SqlStates.isDatabases(e) ? SqlStates.failure(e) : e;
        }
    }

    private void commit(Batch batch, Effects effects) {
        var started = System.nanoTime();
        var appended = await(database.inTransaction(connection -> statements(connection, batch, effects)));
        sequence++;
        position = batch.to();
        var bus = database.vertx().eventBus();
        appended.forEach(range -> bus.publish(Appended.address(range.topic()), range));
        effects.messages().forEach(message -> bus.publish(message.address(), message.body()));
        onCommit.accept(new Committed(
                group.name(), claim.partition(), batch.records().size(), position, System.nanoTime() - started));
        if (sequence % TRIM_EVERY == 0) {
            groups.trimCommits(group, claim.partition(), sequence - 1)
                    .onFailure(failure -> LOG.debug("trimming commits of {}", this, failure));
        }
    }

    private Future<List<Appended>> statements(SqlConnection connection, Batch batch, Effects effects) {
        var results = new ArrayList<Future<?>>();
        results.add(GroupStore.commitOffset(connection, group, claim, sequence, batch.to()));
        for (var write : effects.writes()) {
            results.add(execute(connection, write));
        }
        var appends = log.append(connection, effects.appends());
        results.add(appends);
        var receipt = effects.receipt();
        return Future.all(results)
                .compose(all -> receipt == null
                        ? appends
                        : execute(connection, receipt.write(appends.result())).compose(written -> appends));
    }

    private static Future<?> execute(SqlConnection connection, Write write) {
        return connection.preparedQuery(write.sql()).execute(write.parameters());
    }

    private void pause() {
        var waited = Promise.<Void>promise();
        database.vertx().setTimer(settings.delayAfter(Math.max(1, failures)).toMillis(), fired -> waited.complete());
        await(waited.future());
    }

    @Override
    public String toString() {
        return "group " + group.name() + " partition " + claim.partition() + " epoch " + claim.epoch();
    }
}
