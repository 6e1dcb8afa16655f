package io.millrace.flow;

import io.millrace.pg.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Plain SQL over a test database. */
final class Rows implements AutoCloseable {

    private final Connection connection;

    Rows(TestDatabase database) {
        try {
            this.connection = database.connect();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    Connection connection() {
        return connection;
    }

    /** Rows as text, columns between bars. */
    List<String> list(String sql, Object... parameters) {
        try (var statement = connection.prepareStatement(sql)) {
            for (var i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (var rows = statement.executeQuery()) {
                var columns = rows.getMetaData().getColumnCount();
                var lines = new ArrayList<String>();
                while (rows.next()) {
                    var line = new StringBuilder();
                    for (var column = 1; column <= columns; column++) {
                        line.append(column == 1 ? "" : " | ").append(rows.getString(column));
                    }
                    lines.add(line.toString());
                }
                return lines;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** Makes {@code public.doubt()}, for triggers: nobody learns what became of a transaction in which it is called. */
    void makeDoubt() {
        execute("""
                create function public.doubt() returns trigger language plpgsql as $$
                begin
                  raise exception 'in doubt' using errcode = '40003';
                end
                $$
                """);
    }

    long count(String sql, Object... parameters) {
        return Long.parseLong(list(sql, parameters).getFirst());
    }

    void execute(String sql, Object... parameters) {
        try (var statement = connection.prepareStatement(sql)) {
            for (var i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            statement.execute();
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
