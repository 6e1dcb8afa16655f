package io.millrace.faults;

import io.millrace.pg.EmbeddedServer;
import io.millrace.pg.Migrations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;

/**
 * A PostgreSQL that the harness owns, as durable as the shipped one, with a database for each seed. It can be killed, and
 * comes back on the same port with the same files.
 */
final class OwnedPostgres implements AutoCloseable {

    private static final String TEMPLATE = "faults_template";
    private static final Duration END = Duration.ofSeconds(20);

    private final Path folder;
    private EmbeddedServer server;

    private OwnedPostgres(Path folder, EmbeddedServer server) {
        this.folder = folder;
        this.server = server;
    }

    static OwnedPostgres start(Path folder) throws SQLException {
        var settings = EmbeddedServer.Settings.in(folder.toAbsolutePath());
        if (Files.exists(folder)) {
            // A run that was killed left its server running: starting on the folder stops that one.
            EmbeddedServer.start(settings).close();
            delete(folder);
        }
        var postgres = new OwnedPostgres(folder.toAbsolutePath(), EmbeddedServer.start(settings));
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(postgres::stop));
        postgres.prepare();
        return postgres;
    }

    private void prepare() throws SQLException {
        try (var admin = connect(server.database())) {
            Sql.run(admin, "create database " + TEMPLATE);
        }
        Migrations.migrate(jdbcUrl(TEMPLATE), server.user(), server.password());
        try (var connection = connect(TEMPLATE)) {
            Ledger.install(connection);
        }
    }

    /** A database whose schema is current, with the ledger and nothing else in it. */
    void create(String database) throws SQLException {
        clone(TEMPLATE, database);
    }

    void clone(String template, String database) throws SQLException {
        try (var admin = connect(server.database())) {
            Sql.run(admin, "create database " + database + " template " + template);
        }
    }

    void drop(String database) throws SQLException {
        try (var admin = connect(server.database())) {
            Sql.run(admin, "drop database " + database + " with (force)");
        }
    }

    Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(database), server.user(), server.password());
    }

    /** For a pod that comes through a link. */
    String url(String database, int linkPort) {
        return "postgresql://%s:%s@127.0.0.1:%d/%s".formatted(user(), password(), linkPort, database);
    }

    private String jdbcUrl(String database) {
        return "jdbc:postgresql://%s:%d/%s?ApplicationName=faults".formatted(server.host(), server.port(), database);
    }

    String host() {
        return server.host();
    }

    int port() {
        return server.port();
    }

    String user() {
        return server.user();
    }

    String password() {
        return server.password();
    }

    /** Ends the postmaster with a signal and starts it again; true when its log speaks of the recovery. */
    boolean crash(String signal) {
        var before = recoveries();
        var pid = postmaster();
        Signals.send(signal, pid);
        Waiting.until(END, () -> Signals.state(pid) == '-' || Signals.state(pid) == 'Z');
        var port = server.port();
        server.close();
        var preset = EmbeddedServer.Settings.in(folder);
        server = EmbeddedServer.start(new EmbeddedServer.Settings(folder, port, Map.of(), preset.binariesCache()));
        return recoveries() > before;
    }

    private long postmaster() {
        try {
            return Long.parseLong(Files.readAllLines(folder.resolve("pg").resolve("postmaster.pid"))
                    .getFirst()
                    .strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How often the server has said that it was not shut down in order. */
    private long recoveries() {
        try (var files = Files.list(folder)) {
            var count = 0L;
            for (var file : files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().endsWith(".log"))
                    .toList()) {
                try (var lines = Files.lines(file)) {
                    count += lines.filter(line -> line.contains("was not properly shut down"))
                            .count();
                }
            }
            return count;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void stop() {
        server.close();
    }

    @Override
    public void close() {
        stop();
        delete(folder);
    }

    private static void delete(Path folder) {
        try (var tree = Files.walk(folder)) {
            for (var path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
