package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.millrace.pg.Migrations;
import io.millrace.pg.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The administrator's script, run by psql itself; skipped where there is none. */
class AdminScriptTest {

    private static final Path SCRIPT = Path.of("..", "sql", "admin", "create.sql");
    private static final int OLDEST_PSQL = 15;
    private static final String FORBIDDEN = "42501";

    private final TestDatabase server = TestDatabase.create();
    private final String suffix =
            HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    // With the prefix that TestDatabase removes should this test be killed.
    private final String database = "millrace_test_admin_" + suffix;
    private final String owner = "owner_" + suffix;
    private final String app = "app_" + suffix;
    private final String reader = "reader_" + suffix;

    @BeforeEach
    void requirePsql() throws Exception {
        assumeThat(psqlVersion()).isGreaterThanOrEqualTo(OLDEST_PSQL);
    }

    @AfterEach
    void drop() throws SQLException {
        try (var connection = server.connect();
                var statement = connection.createStatement()) {
            statement.execute("drop database if exists " + database + " with (force)");
            for (var role : List.of(owner, app, reader)) {
                statement.execute("drop role if exists " + role);
            }
        }
        server.close();
    }

    @Test
    void whatItMakesIsEnoughForEachRoleAndNoMore() throws Exception {
        runScript("it's \\secret");
        Migrations.migrate(jdbcUrl(), owner, "it's \\secret");
        runScript("changed");

        try (var pod = DriverManager.getConnection(jdbcUrl(), app, "changed");
                var dashboard = DriverManager.getConnection(jdbcUrl(), reader, "changed")) {
            assertThat(string(pod, APPEND)).isEqualTo("0");
            assertThat(string(pod, "select stream.create_segments_ahead('0 hours', '1 day')"))
                    .isEqualTo("1");
            forbidden(pod, "create table stream.mine (id int)");
            forbidden(pod, "select stream.create_segment(1, now())");
            forbidden(pod, "delete from public.millrace_migrations");

            assertThat(string(dashboard, "select count(*) from stream.records")).isEqualTo("1");
            assertThat(string(
                            dashboard,
                            "select sum(end_offset) from stream.partitions p, stream.tail(p.topic_id, p.partition_id)"))
                    .isEqualTo("1");
            assertThat(string(dashboard, "select count(*) from lightrag.graph_metadata"))
                    .isEqualTo("0");
            // The setting is a courtesy; what counts are the rights.
            string(dashboard, "select set_config('default_transaction_read_only', 'off', false)");
            forbidden(dashboard, "insert into stream.members values (gen_random_uuid(), 'host', now())");
            forbidden(dashboard, "delete from jobs.job_status");
            forbidden(dashboard, "select stream.create_topic('theirs', 1)");
            forbidden(dashboard, APPEND);
        }
    }

    private static final String APPEND = """
            select base_offset
            from stream.create_topic('tried', 1) t,
              stream.append(t.topic_id, 0, gen_random_uuid(), 2, array['\\x01'::bytea], array['\\x02'::bytea], null, 0)
            """;

    private static void forbidden(Connection connection, String sql) {
        assertThatThrownBy(() -> string(connection, sql))
                .as(sql)
                .isInstanceOfSatisfying(
                        SQLException.class,
                        refused -> assertThat(refused.getSQLState()).isEqualTo(FORBIDDEN));
    }

    private static String string(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            try (var rows = statement.getResultSet()) {
                rows.next();
                return rows.getString(1);
            }
        }
    }

    private String jdbcUrl() {
        return "jdbc:postgresql://%s:%d/%s".formatted(server.host(), server.port(), database);
    }

    private void runScript(String password) throws IOException, InterruptedException {
        var psql = psql(
                "-X",
                "-h",
                server.host(),
                "-p",
                Integer.toString(server.port()),
                "-U",
                server.user(),
                "-d",
                server.name(),
                "-v",
                "database=" + database,
                "-v",
                "owner=" + owner,
                "-v",
                "app=" + app,
                "-v",
                "reader=" + reader,
                "-f",
                SCRIPT.toString());
        var environment = psql.environment();
        environment.put("PGPASSWORD", server.password());
        for (var role : List.of("OWNER", "APP", "READ")) {
            environment.put("MILLRACE_" + role + "_PASSWORD", password);
        }
        var said = Files.createTempFile("psql", ".out");
        var process =
                psql.redirectErrorStream(true).redirectOutput(said.toFile()).start();
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(said)).isZero();
        Files.delete(said);
    }

    private static ProcessBuilder psql(String... arguments) {
        var words = new java.util.ArrayList<>(List.of("psql"));
        words.addAll(Arrays.asList(arguments));
        return new ProcessBuilder(words);
    }

    /** The major version of psql, 0 where there is none. */
    private static int psqlVersion() throws InterruptedException {
        try {
            var process = psql("--version").start();
            var said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            process.waitFor();
            return Integer.parseInt(said.replaceAll("(?s)\\D*(\\d+).*", "$1"));
        } catch (IOException e) {
            return 0;
        }
    }
}
