package io.millrace.verify;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * One comparison: a statement that gives one row, with how much it examined, how many differences it found, and the first
 * of them as an array of texts.
 */
record Recount(String name, String title, String sql, Parameters parameters) {

    /** Class of SQLSTATEs for values that cannot be read as what they should be. */
    private static final String DATA_EXCEPTION = "22";

    Recount(String name, String title, String sql) {
        this(name, title, sql, (connection, statement) -> {});
    }

    /** What a statement is told besides its text. */
    @FunctionalInterface
    interface Parameters {
        void set(Connection connection, PreparedStatement statement) throws SQLException;
    }

    /** Runs the comparison within the caller's transaction, which goes on also when a value cannot be read. */
    Check run(Connection connection) throws SQLException {
        var before = connection.setSavepoint();
        try {
            return compare(connection);
        } catch (SQLException e) {
            if (e.getSQLState() == null || !e.getSQLState().startsWith(DATA_EXCEPTION)) {
                throw e;
            }
            connection.rollback(before);
            return unreadable(String.valueOf(e.getMessage()));
        } catch (IllegalArgumentException e) {
            return unreadable(String.valueOf(e.getMessage()));
        }
    }

    private Check compare(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            parameters.set(connection, statement);
            try (var rows = statement.executeQuery()) {
                rows.next();
                return new Check(name, title, rows.getLong(1), rows.getLong(2), texts(rows.getArray(3)));
            }
        }
    }

    private static List<String> texts(java.sql.Array array) throws SQLException {
        var texts = new ArrayList<String>();
        for (var text : (Object[]) array.getArray()) {
            texts.add(String.valueOf(text));
        }
        return texts;
    }

    /** A record that nobody can read is a difference by itself, and no reason to look at nothing else. */
    private Check unreadable(String reason) {
        return new Check(name, title, 0, 1, List.of("cannot be compared: " + reason));
    }
}
