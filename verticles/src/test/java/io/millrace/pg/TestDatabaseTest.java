package io.millrace.pg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TestDatabaseTest {
    @Test
    void comesMigratedAndApartFromOthers() throws Exception {
        try (var one = TestDatabase.create();
                var other = TestDatabase.create();
                var first = one.connect();
                var second = other.connect()) {
            execute(first, "create table only_here (id int)");

            assertThat(count(first, "select count(*) from millrace_migrations where success"))
                    .isPositive();
            assertThat(count(second, "select count(*) from pg_tables where tablename = 'only_here'"))
                    .isZero();
        }
    }

    @Test
    void isGoneAfterCloseDespiteAnOpenConnection() throws Exception {
        var database = TestDatabase.create();
        try (var leaked = database.connect()) {
            assertThat(leaked.isValid(1)).isTrue();
            database.close();
            assertThatThrownBy(database::connect)
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("does not exist");
        }
    }

    @Test
    void connectOptionsLogIn() throws Exception {
        var vertx = Vertx.vertx();
        try (var database = TestDatabase.create()) {
            var name = PgConnection.connect(vertx, database.connectOptions())
                    .compose(connection ->
                            connection.query("select current_database()").execute())
                    .map(rows -> rows.iterator().next().getString(0));
            assertThat(name.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS))
                    .isEqualTo(database.name());
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long count(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
