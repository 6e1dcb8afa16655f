package io.millrace.pg;

import io.millrace.pg.EmbeddedServerException.Reason;
import io.vertx.pgclient.PgConnectOptions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A migrated database of its own for one test, cloned from a template in a tenth of a second and dropped on close.
 *
 * <p>All databases of a JVM share one server, which starts with the first of them: the embedded one, or a container of
 * {@code postgres:18} with {@code MILLRACE_TEST_POSTGRES=container}, or the one that
 * {@code MILLRACE_TEST_DATABASE_URL=postgresql://user:password@host:port/database} names.
 */
public final class TestDatabase implements AutoCloseable {
    /** A test that loses the machine's power is run again, so the shared server never waits for the disk. */
    private static final Map<String, String> FAST = Map.of(
            "fsync", "off",
            "synchronous_commit", "off",
            "full_page_writes", "off",
            "max_connections", "200",
            "shared_buffers", "128MB");

    private static final Path SERVER_FOLDERS = Path.of("target", "test-postgres");

    /** One place for all test servers, also for an account without a home, whose folders would each unpack their own. */
    static final Path BINARIES = EmbeddedServer.Settings.in(SERVER_FOLDERS).binariesCache();

    private static final String CLONE_PREFIX = "millrace_test_";
    private static final String TEMPLATE_PREFIX = "millrace_template_";
    private static final int MAX_SERVERS = 8;

    private final String name;

    private TestDatabase(String name) {
        this.name = name;
    }

    public static TestDatabase create() {
        var name = CLONE_PREFIX + randomSuffix();
        Shared.SERVER.execute("create database " + name + " template " + Shared.TEMPLATE);
        return new TestDatabase(name);
    }

    public String host() {
        return Shared.SERVER.host;
    }

    public int port() {
        return Shared.SERVER.port;
    }

    public String user() {
        return Shared.SERVER.user;
    }

    public String password() {
        return Shared.SERVER.password;
    }

    public String name() {
        return name;
    }

    public String jdbcUrl() {
        return Shared.SERVER.jdbcUrl(name);
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl(), user(), password());
    }

    public PgConnectOptions connectOptions() {
        return new PgConnectOptions()
                .setHost(host())
                .setPort(port())
                .setUser(user())
                .setPassword(password())
                .setDatabase(name);
    }

    public DatabaseSettings settings() {
        return settings(port(), DatabaseSettings.PoolSettings.DEFAULT);
    }

    /** The same, through another port (a proxy's) or another pool. */
    public DatabaseSettings settings(int port, DatabaseSettings.PoolSettings pool) {
        return new DatabaseSettings(host(), port, name, user(), password(), pool, false);
    }

    /** Drops the database, also under connections that a failed test left open. */
    @Override
    public void close() {
        Shared.SERVER.drop(name);
    }

    private static String randomSuffix() {
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    /** Made when the first database is asked for. */
    private static final class Shared {
        static final Server SERVER = Server.choose();
        static final String TEMPLATE = migratedTemplate();

        private static String migratedTemplate() {
            var template = TEMPLATE_PREFIX + randomSuffix();
            SERVER.execute("create database " + template);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                SERVER.drop(template);
                SERVER.stop.run();
            }));
            Migrations.migrate(SERVER.jdbcUrl(template), SERVER.user, SERVER.password);
            return template;
        }
    }

    private record Server(String host, int port, String user, String password, String database, Runnable stop) {
        static Server choose() {
            var url = System.getenv("MILLRACE_TEST_DATABASE_URL");
            if (url != null && !url.isBlank()) {
                return named(url);
            }
            return "container".equals(System.getenv("MILLRACE_TEST_POSTGRES")) ? container() : embedded();
        }

        private static Server named(String url) {
            var options = PgConnectOptions.fromUri(url);
            return new Server(
                    options.getHost(),
                    options.getPort(),
                    options.getUser(),
                    options.getPassword(),
                    options.getDatabase(),
                    () -> {});
        }

        @SuppressWarnings("resource") // closed by the shutdown hook
        private static Server container() {
            var container = new PostgreSQLContainer(DockerImageName.parse("postgres:18"))
                    .withCommand("postgres", "-c", "fsync=off", "-c", "max_connections=200");
            container.start();
            return new Server(
                    container.getHost(),
                    container.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT),
                    container.getUsername(),
                    container.getPassword(),
                    container.getDatabaseName(),
                    container::stop);
        }

        private static Server embedded() {
            var embedded = startInFreeFolder();
            var server = new Server(
                    embedded.host(),
                    embedded.port(),
                    embedded.user(),
                    embedded.password(),
                    embedded.database(),
                    embedded::close);
            server.dropLeftovers();
            return server;
        }

        /**
         * Folders are numbered rather than random, so that a server left by a killed test run is found and stopped by the
         * next one instead of running until the machine does not.
         */
        private static EmbeddedServer startInFreeFolder() {
            for (var number = 1; ; number++) {
                var folder = SERVER_FOLDERS.resolve(Integer.toString(number));
                try {
                    return EmbeddedServer.start(new EmbeddedServer.Settings(folder, 0, FAST, BINARIES));
                } catch (EmbeddedServerException e) {
                    if (e.reason() != Reason.FOLDER_IN_USE || number == MAX_SERVERS) {
                        throw e;
                    }
                }
            }
        }

        private void dropLeftovers() {
            var query = "select datname from pg_database where datname like '%s%%' or datname like '%s%%'"
                    .formatted(CLONE_PREFIX, TEMPLATE_PREFIX);
            List<String> leftovers = new ArrayList<>();
            try (var connection = connect();
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery(query)) {
                while (rows.next()) {
                    leftovers.add(rows.getString(1));
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
            leftovers.forEach(this::drop);
        }

        void drop(String database) {
            execute("drop database if exists " + database + " with (force)");
        }

        void execute(String sql) {
            try (var connection = connect();
                    var statement = connection.createStatement()) {
                statement.execute(sql);
            } catch (SQLException e) {
                throw new IllegalStateException(sql, e);
            }
        }

        String jdbcUrl(String name) {
            return "jdbc:postgresql://" + host + ":" + port + "/" + name;
        }

        private Connection connect() throws SQLException {
            return DriverManager.getConnection(jdbcUrl(database), user, password);
        }
    }
}
