package io.millrace.pg;

import io.millrace.pg.EmbeddedServerException.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL that runs beside this process and keeps its data in a folder: durable, on loopback only, behind a
 * generated password.
 *
 * <p>Hazards. The server outlives this process when it is killed; the next start on the folder stops the stranded server
 * and takes its place. It has a session of its own, so that a Ctrl-C in the terminal, which reaches every process of the
 * foreground group, does not stop it while its clients still drain. There is no shutdown hook for the same reason:
 * whoever starts the server closes it, last.
 */
public final class EmbeddedServer implements AutoCloseable {
    /**
     * What a server needs to know.
     *
     * @param dataDir where cluster, password and log are kept; created when missing
     * @param port TCP port on 127.0.0.1, 0 for any free one
     * @param parameters of PostgreSQL, over {@link #DEFAULT_PARAMETERS}
     * @param binariesCache where PostgreSQL's programs are unpacked, once for all folders
     */
    public record Settings(Path dataDir, int port, Map<String, String> parameters, Path binariesCache) {
        public Settings {
            parameters = Map.copyOf(parameters);
            parameters.keySet().forEach(Settings::requireOurs);
        }

        /** The defaults on a folder; programs go where the account keeps its caches, or else into the folder. */
        public static Settings in(Path dataDir) {
            var home = Path.of(System.getProperty("user.home"));
            var cache = Files.isWritable(home) ? home.resolve(".cache/millrace") : dataDir.resolve("binaries");
            return new Settings(dataDir, 0, Map.of(), cache);
        }

        private static void requireOurs(String parameter) {
            if (FIXED_PARAMETERS.contains(parameter)
                    || !PARAMETER_NAME.matcher(parameter).matches()) {
                throw new EmbeddedServerException(
                        Reason.BAD_SETTINGS,
                        "`%s` cannot be set for the embedded server; these are fixed: %s."
                                .formatted(parameter, FIXED_PARAMETERS));
            }
        }
    }

    private static final Logger log = LoggerFactory.getLogger(EmbeddedServer.class);

    static final String HOST = "127.0.0.1";
    static final String USER = "millrace";
    static final String DATABASE = "millrace";

    private static final Pattern PARAMETER_NAME = Pattern.compile("[a-z][a-z0-9_.]*");
    private static final Set<String> FIXED_PARAMETERS = Set.of(
            "port",
            "listen_addresses",
            "unix_socket_directories",
            "data_directory",
            "config_file",
            "hba_file",
            "ident_file",
            "external_pid_file");

    /** Of these a commit's promise is made; each is asked for and then read back from the running server. */
    private static final List<String> DURABILITY = List.of("fsync", "synchronous_commit", "full_page_writes");

    /** For a small machine with a disk that has no heads to move. */
    static final Map<String, String> DEFAULT_PARAMETERS = defaultParameters();

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);
    /** Replaying the WAL after a kill may take long, and giving up would only make the next start replay it again. */
    private static final Duration RECOVERY_LIMIT = Duration.ofMinutes(10);

    private static final Duration INITDB_LIMIT = Duration.ofMinutes(5);
    private static final Duration POLL_INTERVAL = Duration.ofMillis(20);
    private static final Duration RETRY_INTERVAL = Duration.ofMillis(100);
    private static final int BIND_ATTEMPTS = 5;

    private static final String WRONG_PASSWORD = "28P01";

    private final DataFolder folder;
    private final Postmaster postmaster;
    private final int port;
    private final String password;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedServer(DataFolder folder, Postmaster postmaster, int port, String password) {
        this.folder = folder;
        this.postmaster = postmaster;
        this.port = port;
        this.password = password;
    }

    /**
     * Starts the server on its folder and returns when it answers.
     *
     * @throws EmbeddedServerException when it cannot; nothing is left running then
     */
    public static EmbeddedServer start(Settings settings) {
        return start(settings, Map.of());
    }

    /**
     * Starts the server as {@link #start(Settings)} does.
     *
     * @param environment variables of its processes, beside those of this process
     */
    public static EmbeddedServer start(Settings settings, Map<String, String> environment) {
        var begin = System.nanoTime();
        var folder = DataFolder.open(settings.dataDir());
        try {
            var server = start(settings, environment, folder);
            log.info(
                    "Embedded PostgreSQL answers on {}:{} after {} ms, data in {}",
                    HOST,
                    server.port,
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin),
                    folder.path());
            return server;
        } catch (RuntimeException | Error e) {
            folder.close();
            throw e;
        }
    }

    public String host() {
        return HOST;
    }

    public int port() {
        return port;
    }

    public String user() {
        return USER;
    }

    public String password() {
        return password;
    }

    public String database() {
        return DATABASE;
    }

    public String jdbcUrl() {
        return jdbcUrl(port, DATABASE);
    }

    public Path dataDir() {
        return folder.path();
    }

    /** Stops the server: open transactions are rolled back, committed ones are on disk. Safe to call again. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            postmaster.stop();
        } finally {
            folder.close();
        }
    }

    private static EmbeddedServer start(Settings settings, Map<String, String> environment, DataFolder folder) {
        var passwordFile = folder.passwordFile();
        var account = ServerAccount.of(folder);
        var binaries = ServerBinaries.unpackedIn(binariesCache(settings, account, folder));
        folder.requireVersion(binaries.majorVersion());
        if (account instanceof ServerAccount.Other other) {
            folder.handOver(other);
        }
        Postmaster.stopStranded(folder);
        if (!folder.hasCluster()) {
            initialize(folder, binaries, account, passwordFile);
        }
        var server = launch(settings, environment, folder, binaries, account);
        try {
            server.prepareDatabase(settings.parameters());
            return server;
        } catch (RuntimeException | Error e) {
            server.postmaster.stop();
            throw e;
        }
    }

    /** Another account may not see into root's home, so it gets its programs inside the folder that it owns. */
    private static Path binariesCache(Settings settings, ServerAccount account, DataFolder folder) {
        return switch (account) {
            case ServerAccount.Own _, ServerAccount.OwnInNamespace _ -> settings.binariesCache();
            case ServerAccount.Other _ -> folder.path().resolve("binaries");
        };
    }

    /** Makes the cluster beside its place, so that an {@code initdb} killed half-way leaves nothing that looks whole. */
    private static void initialize(
            DataFolder folder, ServerBinaries binaries, ServerAccount account, Path passwordFile) {
        var beside = folder.newCluster();
        var words = new ArrayList<>(account.prefix());
        words.addAll(List.of(
                binaries.program("initdb").toString(),
                "--pgdata=" + beside,
                "--username=" + USER,
                "--pwfile=" + passwordFile,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--data-checksums",
                "--no-instructions"));
        if (System.getProperty("os.name").startsWith("Linux")) {
            // pg_trgm asks the C library what a letter is, and its plain C knows ASCII only: Łódź would be found as
            // ódź.
            words.add("--lc-ctype=C.UTF-8");
        }
        var initdb = Command.run(folder.path(), INITDB_LIMIT, words);
        if (!initdb.succeeded()) {
            throw new EmbeddedServerException(
                    Reason.DID_NOT_START,
                    "PostgreSQL could not make its files in %s. Its account must be able to reach that folder. It said:%n%s"
                            .formatted(folder.path(), initdb.output()));
        }
        folder.adopt(beside);
    }

    /**
     * Starts the server, again where the cause passes by itself: a free port that somebody else took meanwhile, or
     * backends of a killed server that still finish their statement and hold its shared memory.
     */
    private static EmbeddedServer launch(
            Settings settings,
            Map<String, String> environment,
            DataFolder folder,
            ServerBinaries binaries,
            ServerAccount account) {
        var begin = System.nanoTime();
        for (var attempt = 1; ; attempt++) {
            var port = settings.port() == 0 ? freePort() : settings.port();
            var command = commandLine(settings, port, folder, binaries, account);
            var postmaster = Postmaster.spawn(folder, command, environment);
            var server = new EmbeddedServer(folder, postmaster, port, folder.password());
            if (server.becomesReady()) {
                return server;
            }
            var said = postmaster.said();
            var portTaken = said.contains("could not bind");
            if (portTaken && (settings.port() != 0 || attempt == BIND_ATTEMPTS)) {
                throw new EmbeddedServerException(
                        Reason.PORT_TAKEN,
                        "Port %d is taken. Name another one for the database, or 0 for any.".formatted(port));
            }
            var memoryTaken = said.contains("pre-existing shared memory block")
                    && System.nanoTime() - begin < ANSWER_LIMIT.toNanos();
            if (!portTaken && !memoryTaken) {
                throw new EmbeddedServerException(
                        Reason.DID_NOT_START,
                        "PostgreSQL stopped while it started. The end of %s:%n%s".formatted(folder.logFile(), said));
            }
            LockSupport.parkNanos(RETRY_INTERVAL.toNanos());
        }
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral(HOST))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new EmbeddedServerException(
                    Reason.PORT_TAKEN, "There is no free port on " + HOST + " (" + e.getMessage() + ").", e);
        }
    }

    private static List<String> commandLine(
            Settings settings, int port, DataFolder folder, ServerBinaries binaries, ServerAccount account) {
        var parameters = new LinkedHashMap<>(DEFAULT_PARAMETERS);
        parameters.putAll(settings.parameters());
        parameters.put("listen_addresses", HOST);
        parameters.put("port", Integer.toString(port));
        parameters.put("unix_socket_directories", "");
        var words = new ArrayList<>(account.prefix());
        words.addAll(List.of(
                binaries.program("postgres").toString(), "-D", folder.cluster().toString()));
        parameters.forEach((name, value) -> words.addAll(List.of("-c", name + "=" + value)));
        return words;
    }

    /**
     * Waits until the server is ready; false when the process ended instead. It asks {@code postmaster.pid} rather than
     * the port, behind which there may be somebody else who never answers.
     */
    private boolean becomesReady() {
        var begin = System.nanoTime();
        try {
            do {
                var recorded = folder.recordedPostmaster().filter(postmaster::is);
                if (recorded.isPresent() && recorded.get().ready()) {
                    return true;
                }
                requireTimeLeft(System.nanoTime() - begin, recorded.isPresent() ? RECOVERY_LIMIT : ANSWER_LIMIT);
            } while (!postmaster.endsWithin(POLL_INTERVAL));
            return false;
        } catch (InterruptedException e) {
            postmaster.stop();
            throw Command.interrupted(e);
        } catch (RuntimeException e) {
            postmaster.stop();
            throw e;
        }
    }

    private void requireTimeLeft(long waitedNanos, Duration limit) {
        if (waitedNanos > limit.toNanos()) {
            throw new EmbeddedServerException(
                    Reason.DID_NOT_START,
                    "PostgreSQL was not ready after %s. The end of %s:%n%s"
                            .formatted(limit, folder.logFile(), postmaster.said()));
        }
    }

    private void prepareDatabase(Map<String, String> asked) {
        try {
            try (var connection = connect("postgres")) {
                createDatabaseWhenAbsent(connection);
            }
            try (var connection = connect(DATABASE)) {
                requireDurable(connection, asked);
            }
        } catch (SQLException e) {
            if (WRONG_PASSWORD.equals(e.getSQLState())) {
                throw new EmbeddedServerException(
                        Reason.FOLDER_UNUSABLE,
                        "The file `password` in %s is not this cluster's. Put the right one back from a backup."
                                .formatted(folder.path()),
                        e);
            }
            throw new EmbeddedServerException(
                    Reason.DID_NOT_START, "PostgreSQL started but did not do as told: " + e.getMessage(), e);
        }
    }

    private static void createDatabaseWhenAbsent(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            boolean present;
            try (var rows = statement.executeQuery("select from pg_database where datname = '" + DATABASE + "'")) {
                present = rows.next();
            }
            if (!present) {
                statement.execute("create database " + DATABASE);
            }
        }
    }

    /**
     * Reads back what a commit's promise rests on. The command line outranks every file, but {@code alter role … set}
     * and {@code alter database … set} outrank the command line.
     */
    private static void requireDurable(Connection connection, Map<String, String> asked) throws SQLException {
        for (var parameter : DURABILITY) {
            var value = show(connection, parameter);
            if (value.equals("on")) {
                continue;
            }
            if (value.equals(asked.get(parameter))) {
                log.warn("{} is {}, as asked for: commits may be lost when the machine stops", parameter, value);
            } else {
                throw new EmbeddedServerException(
                        Reason.NOT_DURABLE,
                        "PostgreSQL runs with %s = %s, so a commit could be lost. Look for it with `select * from pg_db_role_setting` and reset it."
                                .formatted(parameter, value));
            }
        }
    }

    private static String show(Connection connection, String parameter) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("show " + parameter)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private Connection connect(String database) throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", USER);
        properties.setProperty("password", password);
        properties.setProperty("sslmode", "disable");
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("loginTimeout", "10");
        properties.setProperty("socketTimeout", "60");
        properties.setProperty("ApplicationName", "millrace embedded server");
        return DriverManager.getConnection(jdbcUrl(port, database), properties);
    }

    private static String jdbcUrl(int port, String database) {
        return "jdbc:postgresql://" + HOST + ":" + port + "/" + database;
    }

    private static Map<String, String> defaultParameters() {
        var parameters = new LinkedHashMap<String, String>();
        DURABILITY.forEach(parameter -> parameters.put(parameter, "on"));
        parameters.put("max_connections", "100");
        parameters.put("shared_buffers", "256MB");
        parameters.put("work_mem", "16MB");
        parameters.put("maintenance_work_mem", "128MB");
        parameters.put("effective_cache_size", "1GB");
        parameters.put("random_page_cost", "1.1");
        // A few queries over arrays of a thousand elements look dear enough to compile, and then compiling is the cost.
        parameters.put("jit", "off");
        parameters.put("wal_buffers", "16MB");
        parameters.put("min_wal_size", "512MB");
        parameters.put("max_wal_size", "2GB");
        // Each checkpoint makes every page's next change log the whole page. Replaying 950 MB after a kill took 11 s.
        parameters.put("checkpoint_timeout", "10min");
        // This build has neither lz4 nor zstd, and pglz costs more processor than the disk it saves.
        parameters.put("wal_compression", "off");
        parameters.put("shared_preload_libraries", "pg_stat_statements");
        parameters.put("timezone", "UTC");
        parameters.put("log_timezone", "UTC");
        parameters.put("log_line_prefix", "%m [%p] %q%a ");
        return Collections.unmodifiableMap(parameters);
    }
}
