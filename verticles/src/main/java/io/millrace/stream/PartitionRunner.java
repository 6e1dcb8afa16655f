package io.millrace.stream;

import static io.vertx.core.Future.await;

import io.millrace.pg.Database;
import io.millrace.pg.DatabaseFailure;
import io.millrace.pg.SqlStates;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one partition of a group for as long as one claim lasts: fetch, load, decide, and commit fence, rows and appends in
 * one transaction. It reads top to bottom on a virtual thread and ends by itself when it is fenced, asked to stop, or no
 * longer sure of what was committed; whoever started it then claims again.
 *
 * <p>When a batch fails for a reason of its own, its records are run in smaller and smaller parts, so that one bad record is
 * found without harm to its neighbours. A record that keeps failing goes to the dead-letter topic. After two unclean ends at the
 * same offset the records there are {@link Suspects}: they are tried some at a time behind a durable mark, one such trial in
 * the process at a time, and only processes that end over a mark count against what it marks.
 */
final class PartitionRunner<S> {

    private static final Logger LOG = LoggerFactory.getLogger(PartitionRunner.class);

    /** The lock whose holder tries records that may end the process. */
    private static final String TRIAL = "millrace.trial";

    /** Commits between two trims of the commit log. */
    private static final int TRIM_EVERY = 1_000;

    private final Database database;
    private final Log log;
    private final GroupStore groups;
    private final BatchCommits commits;
    private final ComputePool compute;
    private final RunnerSettings settings;
    private final Group group;
    private final Claim claim;
    private final Supplier<Processor<S>> processors;
    private final Consumer<Committed> onCommit;
    private final PartitionReader reader;
    private final Suspects suspects;
    private final int batchRecords;

    private @Nullable Processor<S> processor;
    private long position;
    private long sequence;
    /** Up to here so many records at a time, since a batch failed that held them. */
    private long partsUntil;

    private int partSize = 1;
    private int failures;
    private volatile boolean stopping;
    private Promise<Void> pause = Promise.promise();

    /** How a run ended: whether the partition is released already, and how long to wait before claiming again. */
    record Ended(boolean released, long delayMillis) {}

    /** @param endOffset up to where records are known to be there */
    PartitionRunner(
            ProcessorVerticle.Shared shared,
            BatchCommits commits,
            Waves waves,
            Subscription.Limits limits,
            Group group,
            Claim claim,
            long endOffset,
            Supplier<Processor<S>> processors) {
        this.database = shared.database();
        this.log = shared.log();
        this.groups = shared.groups();
        this.compute = shared.compute();
        this.settings = shared.settings();
        this.onCommit = shared.onCommit();
        this.commits = commits;
        this.group = group;
        this.claim = claim;
        this.processors = processors;
        this.position = claim.committedOffset();
        this.sequence = claim.sequence();
        this.reader = new PartitionReader(log, waves, shared.memory(), limits, group.topic(), claim, endOffset);
        this.batchRecords = limits.records();
        this.suspects = Suspects.of(claim, batchRecords, endOffset);
        this.partsUntil = position;
    }

    Claim claim() {
        return claim;
    }

    /** Records up to here are known to be there. */
    void appended(long to) {
        reader.appended(to);
    }

    /** Ends the run after the batch in flight. */
    void stop() {
        stopping = true;
        reader.stop();
        pause.tryComplete();
    }

    /** Runs until stopped, fenced, or in doubt; call it on a virtual thread of the verticle's context. */
    Ended run() {
        try {
            return runUntilItEnds();
        } finally {
            reader.close();
        }
    }

    private Ended runUntilItEnds() {
        // Here and not with the first batch: when a processor cannot even be made, no record is to blame.
        processor();
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
        LOG.info("{} lets go at offset {}: {}", this, position, failure.getMessage());
        var delay = switch (failure.kind()) {
            case FENCED -> Duration.ZERO;
            case UNAVAILABLE, UNKNOWN -> settings.delayAfter(1);
            case MISSING, OFFSET_OUT_OF_RANGE, REFUSED -> settings.maxRetryDelay();
        };
        return new Ended(false, delay.toMillis());
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

    /** The next batch; null when there is none yet. */
    private @Nullable Batch next() {
        try {
            return reader.next(position, suspects.limit(position, position < partsUntil ? partSize : batchRecords));
        } catch (DatabaseFailure failure) {
            if (failure.kind() != DatabaseFailure.Kind.OFFSET_OUT_OF_RANGE) {
                throw failure;
            }
            skipToBegin();
            return null;
        }
    }

    /** What was here is gone for good: retention did not wait for this group. Going on is all that is left, and saying so. */
    private void skipToBegin() {
        var from = position;
        var begin = await(groups.beginOffset(group.topic(), claim.partition()));
        await(database.inTransaction(connection -> GroupStore.commitOffset(connection, group, claim, sequence, begin)));
        sequence++;
        position = begin;
        LOG.error(
                "{} goes on at offset {}: records {} to {} of topic {} were dropped before the group had read them",
                this,
                begin,
                from,
                begin - 1,
                group.topic().name());
        database.vertx()
                .eventBus()
                .publish(
                        Skipped.ADDRESS,
                        new Skipped(group.name(), group.topic().name(), claim.partition(), from, begin));
    }

    private void process(Batch batch) {
        var suspected = suspects.hold(batch.from());
        if (batch.records().size() == 1 && (suspected || batch.to() <= partsUntil)) {
            tryAlone(batch);
            return;
        }
        var thrown = suspected ? tryInTurn(batch) : run(batch, commits::commit);
        if (thrown != null) {
            suspect(batch, thrown);
        }
    }

    /** One of these records is bad: go back, and run parts of them with a processor that remembers nothing. */
    private void suspect(Batch batch, Throwable thrown) {
        partsUntil = batch.to();
        partSize = (int) Suspects.part(batch.records().size());
        LOG.warn(
                "{} failed on {} records from offset {}: trying them {} at a time",
                this,
                batch.records().size(),
                batch.from(),
                partSize,
                thrown);
        restart(batch);
    }

    private void restart(Batch batch) {
        processor = null;
        reader.putBack(batch);
    }

    private void tryAlone(Batch batch) {
        var suspected = suspects.hold(batch.from());
        var reason = condemned(batch);
        for (var attempt = 1; reason == null && !stopping; attempt++) {
            var thrown = suspected ? tryInTurn(batch) : run(batch, commits::commitAlone);
            if (thrown == null) {
                return;
            }
            processor = null;
            if (attempt >= settings.maxAttempts()) {
                LOG.error("{} gives up on offset {} after {} attempts", this, batch.from(), attempt, thrown);
                reason = String.valueOf(thrown);
            } else {
                failures = attempt;
                pause();
            }
        }
        if (reason != null) {
            deadLetter(batch, reason);
        }
    }

    /** Why not to try at all: enough trials of it ended their process. */
    private @Nullable String condemned(Batch batch) {
        return suspects.condemn(batch.from(), settings.maxAttempts())
                ? "its process ended uncleanly in each of %d trials".formatted(claim.trials())
                : null;
    }

    /**
     * One trial at a time in a process, whatever runs in it: where several marks stood when it ended, all but one of them would
     * accuse records that have nothing to do with it. The turn is for one attempt, so that a record which only fails does not
     * make the others wait until it is given up.
     *
     * @return what went wrong; null when the batch is done, or a stop was asked for
     */
    private @Nullable Throwable tryInTurn(Batch batch) {
        var turn = await(database.vertx().sharedData().getLocalLockWithTimeout(TRIAL, Integer.MAX_VALUE));
        try {
            if (stopping) {
                return null;
            }
            await(groups.markTrial(group, claim, batch.from(), batch.to()));
            try {
                var thrown = run(batch, commits::commitAlone);
                if (thrown != null) {
                    await(groups.unmarkTrial(group, claim));
                }
                return thrown;
            } catch (Processor.Outage outage) {
                await(groups.unmarkTrial(group, claim));
                throw outage;
            }
        } finally {
            turn.release();
        }
    }

    /**
     * Decides about a batch and commits what that leads to.
     *
     * @return what went wrong with it; null when it is done
     */
    private @Nullable Throwable run(Batch batch, Function<BatchCommits.Step, Future<List<Appended>>> committing) {
        try {
            commit(batch, effects(batch), committing);
            return null;
        } catch (DatabaseFailure failure) {
            if (failure.kind() != DatabaseFailure.Kind.REFUSED) {
                throw failure;
            }
            return failure;
        } catch (Processor.Outage outage) {
            restart(batch);
            throw outage;
        } catch (Exception | LinkageError | StackOverflowError | OutOfMemoryError | AssertionError e) {
            return e;
        }
    }

    private void deadLetter(Batch batch, String reason) {
        var record = batch.records().getFirst();
        try {
            commitAlone(batch, deadLetter(record, reason, processor().onDeadLetter(record, reason)));
        } catch (DatabaseFailure failure) {
            if (failure.kind() != DatabaseFailure.Kind.REFUSED) {
                throw failure;
            }
            deadLetterAlone(batch, reason, failure);
        } catch (Processor.Outage outage) {
            restart(batch);
            throw outage;
        } catch (RuntimeException e) {
            deadLetterAlone(batch, reason, e);
        }
        LOG.error("{} put offset {} into the dead-letter topic: {}", this, record.offset(), reason);
    }

    /** What else was to be written is as bad as the record: without it, so that the partition does not stop here. */
    private void deadLetterAlone(Batch batch, String reason, Exception thrown) {
        LOG.error("{} cannot write what belongs to the dead letter at offset {}", this, batch.from(), thrown);
        var both = reason + "; and what was to be written beside it failed: " + thrown;
        commitAlone(batch, deadLetter(batch.records().getFirst(), both, Effects.none()));
    }

    private Effects deadLetter(ConsumerRecord record, String reason, Effects beside) {
        var letters = log.known(Topic.deadLetters(group.topic().name()));
        return beside.with(new Effects.Append(
                letters.name(),
                record.partition() % letters.partitions(),
                List.of(DeadLetter.letterFor(record, group.name(), reason))));
    }

    private Effects effects(Batch batch) throws Exception {
        var deciding = processor();
        var state = load(deciding, batch);
        return await(compute.run(
                "%s, %d records from offset %d".formatted(this, batch.records().size(), batch.from()),
                () -> deciding.decide(batch, state)));
    }

    private Processor<S> processor() {
        var current = processor;
        if (current == null) {
            current = processors.get();
            processor = current;
        }
        return current;
    }

    private S load(Processor<S> loading, Batch batch) throws Exception {
        try {
            return loading.load(batch, database.pool());
        } catch (Exception e) {
            throw SqlStates.isDatabases(e) ? SqlStates.failure(e) : e;
        }
    }

    /** Of a record that is tried: what becomes of it must not be another one's fate. */
    private void commitAlone(Batch batch, Effects effects) {
        commit(batch, effects, commits::commitAlone);
    }

    private void commit(Batch batch, Effects effects, Function<BatchCommits.Step, Future<List<Appended>>> committing) {
        var started = System.nanoTime();
        var appended = await(committing.apply(new BatchCommits.Step(claim, sequence, batch, effects)));
        sequence++;
        position = batch.to();
        try {
            announce(batch, effects, appended, System.nanoTime() - started);
        } catch (RuntimeException e) {
            // It has committed, so whatever goes wrong from here on must not look as if the batch had failed.
            LOG.error("{} could not announce what it committed up to offset {}", this, position, e);
        }
        if (sequence % TRIM_EVERY == 0) {
            groups.trimCommits(group, claim.partition(), sequence - 1)
                    .onFailure(failure -> LOG.debug("trimming commits of {}", this, failure));
        }
    }

    private void announce(Batch batch, Effects effects, List<Appended> appended, long nanos) {
        var bus = database.vertx().eventBus();
        appended.forEach(range -> bus.publish(Appended.address(range.topic()), range));
        effects.messages().forEach(message -> bus.publish(message.address(), message.body()));
        onCommit.accept(
                new Committed(group.name(), claim.partition(), batch.records().size(), position, nanos));
    }

    /** Waits before another attempt, or until a stop is asked for. */
    private void pause() {
        pause = Promise.promise();
        if (stopping) {
            return;
        }
        var delay = settings.delayAfter(Math.max(1, failures));
        var timer = database.vertx().setTimer(delay.toMillis(), fired -> pause.tryComplete());
        await(pause.future());
        database.vertx().cancelTimer(timer);
    }

    @Override
    public String toString() {
        return "group " + group.name() + " partition " + claim.partition() + " epoch " + claim.epoch();
    }
}
