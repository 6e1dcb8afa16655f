package io.millrace.faults;

import io.millrace.pg.EmbeddedServer;
import io.millrace.pg.Migrations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A PostgreSQL that the harness owns, as durable as the shipped one, with a database for each seed. It can be killed, and
 * comes back on the same port with the same files. Its clock can be moved and its disk made slow, where the machine has what
 * that takes; on small disks, these can be filled.
 */
final class OwnedPostgres implements AutoCloseable {

    private static final String TEMPLATE = "faults_template";
    private static final Duration END = Duration.ofSeconds(20);
    private static final Duration RECOVERY = Duration.ofSeconds(60);
    private static final int LASTING_PORTS_FROM = 20_000;
    private static final int LASTING_PORTS_TO = 30_000;
    private static final int PORT_ATTEMPTS = 100;
    private static final String DATA = "pg";
    private static final String WAL = "pg_wal";
    private static final int DATA_MEGABYTES = 256;
    private static final int WAL_MEGABYTES = 256;

    /** So that a small disk is not full by itself. */
    private static final Map<String, String> LITTLE_WAL = Map.of("min_wal_size", "32MB", "max_wal_size", "96MB");

    /** The two disks of a server that has small ones. */
    record Disks(SmallDisk data, SmallDisk wal) {}

    private final Path folder;
    private final Optional<FaultyClock> clock;
    private final Optional<SlowFsync> fsync;
    private Optional<Disks> disks = Optional.empty();
    private EmbeddedServer server;
    private long postmaster;

    private OwnedPostgres(Path folder, Machine machine) {
        this.folder = folder;
        this.server = EmbeddedServer.start(EmbeddedServer.Settings.in(folder));
        // Not in the server's folder, which the server's account may own.
        var beside = folder.resolveSibling(folder.getFileName() + "-preloads");
        try {
            Files.createDirectories(beside);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.clock = machine.fakeTime().map(library -> new FaultyClock(library, beside.resolve("clock")));
        this.fsync = machine.compiler().map(compiler -> new SlowFsync(compiler, beside));
    }

    static OwnedPostgres start(Path folder) throws SQLException {
        return start(folder, Machine.BARE, false);
    }

    /** @param smallDisks whether data and WAL are on disks that can be filled */
    static OwnedPostgres start(Path folder, Machine machine, boolean smallDisks) throws SQLException {
        if (Files.exists(folder)) {
            clear(folder.toAbsolutePath());
        }
        var postgres = new OwnedPostgres(folder.toAbsolutePath(), machine);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(postgres::stop));
        postgres.server.close();
        if (smallDisks) {
            postgres.moveToSmallDisks();
        }
        postgres.launch(lastingPort());
        postgres.prepare();
        return postgres;
    }

    /** A run that was killed left its server running, and starting on the folder stops that one; or it left half a cluster. */
    private static void clear(Path folder) {
        var ballasts = List.of(
                folder.resolve(DATA).resolve("ballast"),
                folder.resolve(DATA).resolve(WAL).resolve("ballast"));
        try {
            for (var ballast : ballasts) {
                Files.deleteIfExists(ballast);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (Files.exists(folder.resolve(DATA).resolve("postmaster.pid"))) {
            EmbeddedServer.start(EmbeddedServer.Settings.in(folder)).close();
        }
        unmount(folder);
        delete(folder);
    }

    private void moveToSmallDisks() {
        var data = SmallDisk.over(folder.resolve(DATA), DATA_MEGABYTES);
        disks = Optional.of(new Disks(data, SmallDisk.over(folder.resolve(DATA).resolve(WAL), WAL_MEGABYTES)));
    }

    private static void unmount(Path folder) {
        SmallDisk.unmount(folder.resolve(DATA).resolve(WAL));
        SmallDisk.unmount(folder.resolve(DATA));
    }

    /** Free, and none of those that whoever asks for any port gets: nobody may take it while the server is down. */
    private static int lastingPort() {
        for (var attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
            var port = ThreadLocalRandom.current().nextInt(LASTING_PORTS_FROM, LASTING_PORTS_TO);
            try (var free = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
                return free.getLocalPort();
            } catch (IOException e) {
                // Taken: another one.
            }
        }
        throw new IllegalStateException(
                "no port between %d and %d is free".formatted(LASTING_PORTS_FROM, LASTING_PORTS_TO));
    }

    private void launch(int port) {
        var preset = EmbeddedServer.Settings.in(folder);
        var parameters = disks.isPresent() ? LITTLE_WAL : Map.<String, String>of();
        var preloads = new ArrayList<Preload>();
        clock.map(FaultyClock::preload).ifPresent(preloads::add);
        fsync.map(SlowFsync::preload).ifPresent(preloads::add);
        server = EmbeddedServer.start(
                new EmbeddedServer.Settings(folder, port, parameters, preset.binariesCache()),
                Preload.environment(preloads));
        postmaster = readPostmaster();
    }

    /** Its clock, where it can be moved. */
    Optional<FaultyClock> clock() {
        return clock;
    }

    /** Its fsync, where that can be slowed down. */
    Optional<SlowFsync> fsync() {
        return fsync;
    }

    /** Its disks, where they are small. */
    Optional<Disks> disks() {
        return disks;
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

    /** As an administrator does where a pooler stands between, through which no session can set it for itself. */
    void limitSessions(String database, Duration timeout) throws SQLException {
        try (var admin = connect(server.database())) {
            Sql.run(admin, "alter database %s set lock_timeout = %d".formatted(database, timeout.toMillis()));
            Sql.run(
                    admin,
                    "alter database %s set idle_in_transaction_session_timeout = %d"
                            .formatted(database, timeout.toMillis()));
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
        var pid = postmaster;
        Signals.send(signal, pid);
        Waiting.until(END, () -> ended(pid));
        restart();
        return recoveries() > before;
    }

    private static boolean ended(long pid) {
        return Signals.state(pid) == '-' || Signals.state(pid) == 'Z';
    }

    private void restart() {
        var port = server.port();
        close(server);
        launch(port);
    }

    /** Returns when it answers, which it may by itself after a crash; if not, or not in time, it is started again. */
    void revive(long postmaster) {
        if (!Waiting.until(RECOVERY, () -> ended(postmaster) || answers()) || ended(postmaster)) {
            restart();
        }
    }

    private boolean answers() {
        try (var connection = connect(server.database())) {
            return connection.isValid(1);
        } catch (SQLException e) {
            return false;
        }
    }

    /** Pid of its first process, of which all others are children. */
    long postmaster() {
        return postmaster;
    }

    private long readPostmaster() {
        try {
            return Long.parseLong(Files.readAllLines(folder.resolve(DATA).resolve("postmaster.pid"))
                    .getFirst()
                    .strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How often the server has said that it was not shut down in order. */
    private long recoveries() {
        return logged("was not properly shut down");
    }

    /** How many lines of its log have that text. */
    long logged(String text) {
        try {
            var count = 0L;
            for (var file : logs()) {
                try (var lines = Files.lines(file)) {
                    count += lines.filter(line -> line.contains(text)).count();
                }
            }
            return count;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** So that they are there when the server's folder is not. */
    void copyLogs(Path to) throws IOException {
        for (var file : logs()) {
            Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private List<Path> logs() throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().endsWith(".log"))
                    .toList();
        }
    }

    private void stop() {
        disks.ifPresent(both -> {
            both.data().free();
            both.wal().free();
        });
        close(server);
        unmount(folder);
    }

    private void close(EmbeddedServer closing) {
        closing.close();
        FaultyClock.forget(postmaster);
    }

    @Override
    public void close() {
        stop();
        delete(folder);
    }

    private static void delete(Path folder) {
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
