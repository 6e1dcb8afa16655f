package io.millrace.faults;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Plain SQL over JDBC. */
final class Sql {

    private Sql() {}

    static void run(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Rows as lists of texts. */
    static List<List<String>> rows(Connection connection, String sql, Object... parameters) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            for (var i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (var rows = statement.executeQuery()) {
                var columns = rows.getMetaData().getColumnCount();
                var lines = new ArrayList<List<String>>();
                while (rows.next()) {
                    var line = new ArrayList<String>();
                    for (var column = 1; column <= columns; column++) {
                        line.add(String.valueOf(rows.getString(column)));
                    }
                    lines.add(line);
                }
                return lines;
            }
        }
    }

    /** Rows as lines, columns between bars. */
    static List<String> lines(Connection connection, String sql, Object... parameters) throws SQLException {
        return rows(connection, sql, parameters).stream()
                .map(row -> String.join(" | ", row))
                .toList();
    }

    /** How often each line is there. */
    static Map<String, Integer> bag(Connection connection, String sql) throws SQLException {
        var bag = new TreeMap<String, Integer>();
        lines(connection, sql).forEach(line -> bag.merge(line, 1, Integer::sum));
        return bag;
    }

    static long number(Connection connection, String sql, Object... parameters) throws SQLException {
        return Long.parseLong(rows(connection, sql, parameters).getFirst().getFirst());
    }
}
