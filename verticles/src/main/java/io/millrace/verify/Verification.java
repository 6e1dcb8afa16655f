package io.millrace.verify;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The verification of a whole database: recounts everything that the stages keep incrementally, in one snapshot, while they
 * go on. It takes no lock that a stage waits for, and
 * retention drops no segment meanwhile; it holds its snapshot for as long as it runs, though, so that dead rows
 * stay around until it has ended.
 */
public final class Verification {

    private static final List<Recount> RECOUNTS = Stream.of(
                    LogRecounts.ALL, JobRecounts.ALL, GraphRecounts.ALL, StatisticsRecounts.ALL)
            .flatMap(List::stream)
            .toList();

    private Verification() {}

    /**
     * Runs every check in a transaction of its own, which changes nothing.
     *
     * @param connection one that is in no transaction, and that nobody else uses meanwhile
     */
    public static Report run(Connection connection) throws SQLException {
        var autoCommit = connection.getAutoCommit();
        var isolation = connection.getTransactionIsolation();
        var readOnly = connection.isReadOnly();
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        connection.setReadOnly(true);
        try {
            return recount(connection);
        } finally {
            connection.rollback();
            connection.setReadOnly(readOnly);
            connection.setTransactionIsolation(isolation);
            connection.setAutoCommit(autoCommit);
        }
    }

    /** Runs every check within the transaction that the caller has begun. */
    static Report recount(Connection connection) throws SQLException {
        settle(connection);
        var checks = new ArrayList<Check>();
        for (var recount : RECOUNTS) {
            checks.add(recount.run(connection));
        }
        return new Report(checks);
    }

    private static final String SETTLE = """
            select
              set_config('work_mem', '64MB', true),
              set_config('jit', 'off', true),
              set_config('statement_timeout', '0', true)
            """;

    /**
     * First of all, since it takes no snapshot: from then on no segment is dropped, so that the catalogue of the snapshot
     * tells of tables that are there.
     */
    private static final String KEEP_SEGMENTS = """
            lock table stream.batches in access share mode
            """;

    /** Memory for hashes, and no compiling of statements that run once. */
    private static void settle(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(KEEP_SEGMENTS);
            statement.execute(SETTLE);
        }
    }
}
