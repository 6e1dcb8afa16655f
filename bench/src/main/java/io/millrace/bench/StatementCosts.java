package io.millrace.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What each statement cost PostgreSQL, as pg_stat_statements counts it; what a function runs counts with its caller. */
final class StatementCosts {

    private static final int SHOWN = 15;

    private StatementCosts() {}

    /** A statement's cost over a round. */
    record Cost(String sql, long calls, long rows, double millis, long walBytes) {}

    static void reset(Connection connection) throws SQLException {
        Sql.run(connection, "select pg_stat_statements_reset()");
    }

    private static final String STATEMENTS = """
            select query, calls, rows, total_exec_time, wal_bytes
            from public.pg_stat_statements
            where dbid = (select oid from pg_database where datname = ?)
            order by total_exec_time desc
            """;

    /** The dearest, with the dearest first. */
    static List<Cost> dearest(Connection connection, String database) throws SQLException {
        return all(connection, database).stream().limit(SHOWN).toList();
    }

    /** Every statement, those that ran most often first. */
    static List<Cost> mostOften(Connection connection, String database) throws SQLException {
        return all(connection, database).stream()
                .sorted(Comparator.comparingLong(Cost::calls).reversed())
                .toList();
    }

    private static List<Cost> all(Connection connection, String database) throws SQLException {
        try (var statement = connection.prepareStatement(STATEMENTS)) {
            statement.setString(1, database);
            var costs = new ArrayList<Cost>();
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    costs.add(new Cost(
                            rows.getString(1).strip().replaceAll("\\s+", " "),
                            rows.getLong(2),
                            rows.getLong(3),
                            rows.getDouble(4),
                            rows.getLong(5)));
                }
            }
            return costs;
        }
    }
}
