package io.millrace.faults;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong around PostgreSQL rather than with it: its clock, its disks. Each fault lasts for a while, ends by itself,
 * and gives what proves that it was there; null when nothing does.
 */
final class ServerFaults {

    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration SAMPLE = Duration.ofMillis(50);
    private static final String NO_SPACE = "No space left on device";

    /** More than there can be on the small disk. */
    private static final int MAX_SEGMENTS = 64;

    private final OwnedPostgres postgres;
    private final String database;
    private final Duration lease;
    private final Random random;

    ServerFaults(OwnedPostgres postgres, String database, Duration lease, Random random) {
        this.postgres = postgres;
        this.database = database;
        this.lease = lease;
        this.random = random;
    }

    /** From a third of a lease to more than one. */
    private Duration someTime() {
        return lease.multipliedBy(1 + random.nextInt(4)).dividedBy(3);
    }

    @Nullable
    String clockAhead() {
        return moveClock(DAY);
    }

    @Nullable
    String clockBack() {
        return moveClock(DAY.negated());
    }

    private static final String OFFSET_SECONDS = """
            select round(extract(epoch from clock_timestamp()) - ?)::bigint
            """;

    /** Away, and back again: what leases and records were given meanwhile is then a day off the other way. */
    private @Nullable String moveClock(Duration offset) {
        var clock = postgres.clock().orElseThrow();
        clock.set(offset);
        try (var connection = postgres.connect(database)) {
            Waiting.pass(someTime());
            var seconds = Sql.number(connection, OFFSET_SECONDS, Instant.now().toEpochMilli() / 1000.0);
            var there = Math.abs(seconds - offset.toSeconds()) < DAY.toSeconds() / 2;
            return there ? "clock_timestamp() was %+d s off".formatted(seconds) : null;
        } catch (SQLException e) {
            return null;
        } finally {
            clock.set(Duration.ZERO);
        }
    }

    private static final String WAITING_FOR_FSYNC = """
            select count(*)
            from pg_stat_activity a
            where a.datname = current_database() and a.wait_event = 'WalSync'
            """;

    /** Each fsync takes 0.1 to 1.5 s more. */
    @Nullable
    String slowFsync() {
        var fsync = postgres.fsync().orElseThrow();
        var delay = Duration.ofMillis(100 + random.nextInt(1_400));
        fsync.set(delay);
        try (var connection = postgres.connect(database)) {
            var end = System.nanoTime() + someTime().toNanos();
            var most = 0L;
            while (System.nanoTime() < end) {
                most = Math.max(most, Sql.number(connection, WAITING_FOR_FSYNC));
                Waiting.pass(SAMPLE);
            }
            return most > 0
                    ? "%d sessions waited in WalSync, %d ms each fsync".formatted(most, delay.toMillis())
                    : null;
        } catch (SQLException e) {
            return null;
        } finally {
            fsync.set(Duration.ZERO);
        }
    }

    @Nullable
    String fillData() {
        var disk = postgres.disks().orElseThrow().data();
        var before = postgres.logged(NO_SPACE);
        var postmaster = postgres.postmaster();
        try {
            disk.fill(someTime());
        } finally {
            disk.free();
            postgres.revive(postmaster);
        }
        var refused = postgres.logged(NO_SPACE) - before;
        return refused > 0 ? "%d lines of the server's log: no space left".formatted(refused) : null;
    }

    private static final String USE_SEGMENT = """
            select pg_switch_wal(), pg_logical_emit_message(true, 'faults', 'next segment')
            """;

    /** PostgreSQL gives up at once when it cannot write WAL, and cannot come back before there is room again. */
    @Nullable
    String fillWal() {
        var disk = postgres.disks().orElseThrow().wal();
        var before = postgres.logged("PANIC");
        var postmaster = postgres.postmaster();
        try {
            disk.fill();
            useUpSegments();
            disk.fill(someTime());
        } finally {
            disk.free();
            postgres.revive(postmaster);
        }
        var panics = postgres.logged("PANIC") - before;
        return panics > 0 ? "%d times PANIC in the server's log: no space left for WAL".formatted(panics) : null;
    }

    /** Those that were made ahead still have room. */
    private void useUpSegments() {
        try (var connection = postgres.connect(database)) {
            for (var segment = 0; segment < MAX_SEGMENTS; segment++) {
                Sql.run(connection, USE_SEGMENT);
            }
        } catch (SQLException e) {
            // There is none left, and the server has gone.
        }
    }
}
