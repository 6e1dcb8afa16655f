package io.millrace.bench;

import io.millrace.pg.DatabaseSettings;
import io.millrace.pg.DatabaseSettings.PoolSettings;
import io.millrace.pg.EmbeddedServer;
import io.millrace.pg.Migrations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The embedded PostgreSQL as it is shipped, on an empty folder, with a database for each round: cloned from one that was
 * migrated as any is, and dropped afterwards, so that no round pays for what another left behind.
 */
final class BenchServer implements AutoCloseable {

    private static final String TEMPLATE = "bench_template";

    /** What a measurement of a durable log depends on; shown with the results. */
    private static final List<String> SHOWN = List.of(
            "server_version",
            "fsync",
            "synchronous_commit",
            "full_page_writes",
            "data_checksums",
            "wal_sync_method",
            "wal_compression",
            "shared_buffers",
            "max_wal_size");

    private final EmbeddedServer server;
    private final Path folder;
    private final Connection admin;
    private final Map<String, String> parameters;

    private BenchServer(EmbeddedServer server, Path folder) throws SQLException {
        this.server = server;
        this.folder = folder;
        this.admin = connect(server.database());
        this.parameters = parameters(admin);
    }

    static BenchServer start(Path folder) throws SQLException {
        var settings = EmbeddedServer.Settings.in(folder.toAbsolutePath());
        if (Files.exists(folder)) {
            // A run that was killed left its server running: starting on the folder stops that one.
            EmbeddedServer.start(settings).close();
            delete(folder);
        }
        var server = EmbeddedServer.start(settings);
        // For Ctrl-C; closing it again is harmless.
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(server::close));
        try {
            var bench = new BenchServer(server, folder);
            bench.prepare();
            return bench;
        } catch (SQLException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static Map<String, String> parameters(Connection connection) throws SQLException {
        var values = new LinkedHashMap<String, String>();
        for (var name : SHOWN) {
            values.put(name, Sql.text(connection, "show " + name));
        }
        for (var name : List.of("fsync", "synchronous_commit")) {
            if (!"on".equals(values.get(name))) {
                throw new IllegalStateException("a benchmark of a durable log needs " + name + " on");
            }
        }
        return values;
    }

    private void prepare() throws SQLException {
        Sql.run(admin, "create extension if not exists pg_stat_statements");
        Sql.run(admin, "create database " + TEMPLATE);
        Migrations.migrate(jdbcUrl(TEMPLATE), server.user(), server.password());
    }

    /** A database with a current schema and nothing in it. */
    DatabaseSettings create(String database, int connections) throws SQLException {
        Sql.run(admin, "create database " + database + " template " + TEMPLATE);
        var preset = PoolSettings.DEFAULT;
        return new DatabaseSettings(
                server.host(),
                server.port(),
                database,
                server.user(),
                server.password(),
                new PoolSettings(
                        connections,
                        preset.maxWaiting(),
                        preset.maxWait(),
                        preset.maxLifetime(),
                        preset.maxIdle(),
                        preset.lockTimeout()),
                false);
    }

    void drop(String database) throws SQLException {
        Sql.run(admin, "drop database " + database + " with (force)");
    }

    /** A connection beside what is measured; it leaves no trace in the statement statistics. */
    Connection connect(String database) throws SQLException {
        var connection = DriverManager.getConnection(jdbcUrl(database), server.user(), server.password());
        Sql.run(connection, "load 'pg_stat_statements'");
        Sql.run(connection, "set pg_stat_statements.track = none");
        return connection;
    }

    private String jdbcUrl(String database) {
        return "jdbc:postgresql://%s:%d/%s".formatted(server.host(), server.port(), database);
    }

    Connection admin() {
        return admin;
    }

    Map<String, String> parameters() {
        return parameters;
    }

    /** So that a round does not write the pages that the one before it dirtied, and both begin at the same distance. */
    void checkpoint() throws SQLException {
        Sql.run(admin, "checkpoint");
    }

    void requireFree(long bytes) {
        try {
            if (Files.getFileStore(folder).getUsableSpace() < bytes) {
                throw new IllegalStateException("less than %d MiB are free on the disk".formatted(bytes >> 20));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws SQLException {
        admin.close();
        server.close();
        delete(folder);
    }

    /** A folder and all in it. */
    static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (var tree = Files.walk(folder)) {
            for (var path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
