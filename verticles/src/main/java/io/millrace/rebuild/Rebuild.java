package io.millrace.rebuild;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.LongConsumer;

/**
 * Makes graph and statistics anew from every chunk that was sent on to the graph, and puts them in the place of what is
 * there, while documents arrive.
 *
 * <p>First the mentions of all chunks are made again and added up, beside the graph, in small transactions; then those of the
 * chunks that came meanwhile, until few are left. The swap is one transaction: it keeps the groups graph and stats from
 * committing, takes in the last chunks, writes what differs, and lets the groups go on. Mentions that are still on their way
 * to the graph group are in the new graph already; it reads them as work done again, and folds none twice.
 */
public final class Rebuild {

    /** Chunks that may be left for the swap, during which the graph stands still. */
    private static final long FEW_CHUNKS = 200;

    /** Rounds of catching up; past them chunks come faster than they are made again, and the swap takes in the rest. */
    private static final int MAX_ROUNDS = 10;

    private final Connection connection;
    private final LongConsumer onChunks;
    private long chunks;

    private Rebuild(Connection connection, LongConsumer onChunks) {
        this.connection = connection;
        this.onChunks = onChunks;
    }

    /** What the swap wrote into a table and removed from it: how far the graph was from what it should have been. */
    public record Swapped(String relation, long written, long removed) {}

    /**
     * What a rebuild did.
     *
     * @param chunks whose mentions were made again
     * @param held how long the groups graph and stats had to wait
     */
    public record Report(long chunks, Duration held, List<Swapped> swapped) {
        public Report {
            swapped = List.copyOf(swapped);
        }

        /** Rows that were not as they should have been. */
        public long changed() {
            return swapped.stream()
                    .mapToLong(table -> table.written() + table.removed())
                    .sum();
        }
    }

    /**
     * Makes the graph anew.
     *
     * @param connection one that is in no transaction, that nobody else uses meanwhile, and that is no pooler's
     * @param onChunks told now and then how many chunks were made again
     * @throws RebuildException when another rebuild is under way, or something that was stored is missing
     */
    public static Report run(Connection connection, LongConsumer onChunks) throws SQLException {
        if (!RebuildStore.tryLock(connection)) {
            throw new RebuildException("another rebuild of the graph is under way");
        }
        var autoCommit = connection.getAutoCommit();
        connection.setAutoCommit(false);
        try {
            return new Rebuild(connection, onChunks).run();
        } finally {
            connection.rollback();
            connection.setAutoCommit(autoCommit);
            RebuildStore.unlock(connection);
        }
    }

    private Report run() throws SQLException {
        RebuildStore.clear(connection);
        connection.commit();
        makeAgain();
        catchUp();
        var started = System.nanoTime();
        var swapped = swap();
        var held = Duration.ofNanos(System.nanoTime() - started);
        RebuildStore.clear(connection);
        connection.commit();
        return new Report(chunks, held, swapped);
    }

    private void makeAgain() throws SQLException {
        takeIn(true);
        RebuildStore.analyze(connection);
        RebuildStore.addUp(connection);
        RebuildStore.analyze(connection);
        connection.commit();
    }

    private void catchUp() throws SQLException {
        for (var round = 0; round < MAX_ROUNDS && takeIn(true) > FEW_CHUNKS; round++) {
            RebuildStore.addUp(connection);
            connection.commit();
        }
    }

    private List<Swapped> swap() throws SQLException {
        RebuildStore.settle(connection);
        RebuildStore.hold(connection);
        takeIn(false);
        RebuildStore.addUp(connection);
        var swapped = RebuildStore.swap(connection);
        RebuildStore.release(connection);
        connection.commit();
        return swapped;
    }

    /** Makes the mentions of chunks again that are not there yet, in one transaction or one a page; gives how many. */
    private long takeIn(boolean commitPages) throws SQLException {
        var partitions = RebuildStore.mentionPartitions(connection);
        var taken = 0L;
        var after = new UUID(0, 0);
        while (true) {
            if (commitPages) {
                RebuildStore.settle(connection);
            }
            var page = RebuildStore.loadChunks(connection, after);
            if (page.isEmpty()) {
                return taken;
            }
            RebuildStore.insert(connection, RebuiltMentions.of(page, partitions));
            if (commitPages) {
                connection.commit();
            }
            after = page.getLast().chunkId();
            taken += page.size();
            chunks += page.size();
            onChunks.accept(chunks);
        }
    }
}
