package io.millrace.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What a stretch of time cost: processor seconds of this JVM and of PostgreSQL's processes, and WAL. */
final class Meter {

    /** Ticks a second in /proc, the same on every Linux. */
    private static final double TICKS_PER_SECOND = 100;

    private final Connection connection;
    private final Reading begin;

    /** @param postgresSeconds null where there is no /proc */
    private record Reading(
            long nanos, double jvmSeconds, @Nullable Double postgresSeconds, long walBytes) {}

    /**
     * @param seconds on the wall
     * @param jvmCpuSeconds of this process, the benchmark's own threads included
     */
    record Usage(
            double seconds, double jvmCpuSeconds, @Nullable Double postgresCpuSeconds, long walBytes) {}

    private Meter(Connection connection) throws SQLException {
        this.connection = connection;
        this.begin = read(connection);
    }

    static Meter start(Connection connection) throws SQLException {
        return new Meter(connection);
    }

    Usage stop() throws SQLException {
        var end = read(connection);
        return new Usage(
                (end.nanos - begin.nanos) / 1e9,
                end.jvmSeconds - begin.jvmSeconds,
                end.postgresSeconds == null || begin.postgresSeconds == null
                        ? null
                        : end.postgresSeconds - begin.postgresSeconds,
                end.walBytes - begin.walBytes);
    }

    /** The position rather than pg_stat_wal, which hears of a connection's records up to a second late. */
    private static final String WAL_POSITION = """
            select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')
            """;

    private static Reading read(Connection connection) throws SQLException {
        return new Reading(System.nanoTime(), jvmSeconds(), postgresSeconds(), Sql.number(connection, WAL_POSITION));
    }

    private static double jvmSeconds() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getProcessCpuTime() / 1e9
                : Double.NaN;
    }

    /** The server's processes are our descendants; one that has ended is in the sum of the parent that waited for it. */
    private static @Nullable Double postgresSeconds() {
        if (!Files.exists(Path.of("/proc/self/stat"))) {
            return null;
        }
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().command().orElse("").endsWith("/postgres"))
                .mapToDouble(process -> seconds(process.pid()))
                .sum();
    }

    private static double seconds(long pid) {
        try {
            var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // The name, in parentheses, may hold blanks; behind it, user and system time stand 12th and 13th, and those
            // of
            // ended children follow.
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            var ticks = 0L;
            for (var i = 11; i <= 14; i++) {
                ticks += Long.parseLong(fields[i]);
            }
            return ticks / TICKS_PER_SECOND;
        } catch (IOException e) {
            // It ended between the listing and the reading; its parent's sum has it now.
            return 0;
        }
    }
}
