package io.millrace.faults;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Plain SQL over JDBC. */
final class Sql {

    private static final int FETCHED_ROWS = 5_000;

    private Sql() {}

    static void run(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Rows as lists of texts. */
    static List<List<String>> rows(Connection connection, String sql, Object... parameters) throws SQLException {
        var rows = new ArrayList<List<String>>();
        each(connection, sql, rows::add, parameters);
        return rows;
    }

    /** Rows as lists of texts, some thousands of them in memory at a time. */
    static void each(Connection connection, String sql, Consumer<List<String>> rows, Object... parameters)
            throws SQLException {
        var autoCommit = connection.getAutoCommit();
        // The driver reads everything at once unless it is in a transaction.
        connection.setAutoCommit(false);
        try (var statement = connection.prepareStatement(sql)) {
            statement.setFetchSize(FETCHED_ROWS);
            for (var i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (var found = statement.executeQuery()) {
                var columns = found.getMetaData().getColumnCount();
                while (found.next()) {
                    var row = new ArrayList<String>(columns);
                    for (var column = 1; column <= columns; column++) {
                        row.add(String.valueOf(found.getString(column)));
                    }
                    rows.accept(row);
                }
            }
        } finally {
            connection.setAutoCommit(autoCommit);
        }
    }

    /** Columns between bars. */
    static String line(List<String> row) {
        return String.join(" | ", row);
    }

    /** Rows as lines, columns between bars. */
    static List<String> lines(Connection connection, String sql, Object... parameters) throws SQLException {
        return rows(connection, sql, parameters).stream().map(Sql::line).toList();
    }

    static long number(Connection connection, String sql, Object... parameters) throws SQLException {
        return Long.parseLong(rows(connection, sql, parameters).getFirst().getFirst());
    }
}
