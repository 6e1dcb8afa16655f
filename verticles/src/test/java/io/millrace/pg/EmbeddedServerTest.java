package io.millrace.pg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.millrace.pg.EmbeddedServerException.Reason;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class EmbeddedServerTest {
    /** A folder with a finished cluster, which tests copy: that takes a tenth of the time of making one. */
    @TempDir
    private static Path seed;

    @TempDir
    private Path temp;

    @BeforeAll
    static void makeSeed() throws IOException {
        // What an initdb that was killed half-way leaves behind.
        Files.createDirectories(seed.resolve("pg.tmp-1/base"));
        EmbeddedServer.start(settings(seed, 0, Map.of())).close();
    }

    @Test
    void commitsAreDurableAndThePasswordGuardsTheDoor() throws Exception {
        copySeed();
        try (var server = EmbeddedServer.start(settings("data", 0))) {
            for (var parameter : List.of("fsync", "synchronous_commit", "full_page_writes", "data_checksums")) {
                assertThat(query(server, "show " + parameter)).as(parameter).isEqualTo("on");
            }
            assertThat(query(server, "show listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(query(server, "show server_encoding")).isEqualTo("UTF8");
            assertThat(query(server, "select string_agg(distinct auth_method, ',') from pg_hba_file_rules"))
                    .isEqualTo("scram-sha-256");
            assertThatThrownBy(() -> DriverManager.getConnection(server.jdbcUrl(), server.user(), "wrong"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password authentication failed");
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(server.dataDir().resolve("password"))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void anInterruptedInitdbLeavesNothingInTheWay() {
        assertThat(seed.resolve("pg/PG_VERSION")).exists();
        assertThat(seed).isDirectoryNotContaining("glob:**pg.tmp-*");
    }

    @Test
    void keepsItsDataAndItsPasswordOverARestart() throws Exception {
        copySeed();
        String password;
        try (var first = EmbeddedServer.start(settings("data", 0))) {
            execute(first, "create table kept as select 42 as answer");
            password = first.password();
        }
        try (var second = EmbeddedServer.start(settings("data", 0))) {
            assertThat(query(second, "select answer from kept")).isEqualTo("42");
            assertThat(second.password()).isEqualTo(password);
        }
    }

    @Test
    void itsProcessesHaveTheVariablesThatWereAskedFor() throws Exception {
        copySeed();
        assumeThat(Path.of("/proc/self/environ")).exists();
        var server = EmbeddedServer.start(settings("data", 0), Map.of("MILLRACE_ASKED_FOR", "this"));
        try {
            var pid = Files.readAllLines(temp.resolve("data/pg/postmaster.pid")).getFirst();

            assertThat(Files.readString(Path.of("/proc", pid, "environ")).split("\0"))
                    .contains("MILLRACE_ASKED_FOR=this");
        } finally {
            server.close();
        }
    }

    @Test
    void aSecondProcessIsRefusedAndTheServerOfAKilledOneIsTakenOver() throws Exception {
        copySeed();
        var owner = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Owner.class.getName(),
                        temp.resolve("data").toString())
                .redirectErrorStream(true)
                .start();
        try (var output = owner.inputReader()) {
            awaitLine(output, Owner.READY);
            assertFails(settings("data", 0), Reason.FOLDER_IN_USE).withMessageContaining("pid " + owner.pid());

            owner.destroyForcibly().waitFor();
            var stranded = Long.parseLong(
                    Files.readAllLines(temp.resolve("data/pg/postmaster.pid")).getFirst());
            assertThat(ProcessHandle.of(stranded)).as("the stranded server").isPresent();

            try (var server = EmbeddedServer.start(settings("data", 0))) {
                assertThat(ProcessHandle.of(stranded).filter(ProcessHandle::isAlive))
                        .isEmpty();
                assertThat(query(server, "select answer from kept")).isEqualTo("42");
            }
        } finally {
            owner.destroyForcibly();
        }
    }

    /** As after a reboot, when the pid that PostgreSQL wrote down belongs to somebody else. */
    @Test
    void aForeignProcessUnderTheOldPidIsLeftAlone() throws Exception {
        copySeed();
        var foreign = new ProcessBuilder("sleep", "60").start();
        try {
            Files.writeString(
                    temp.resolve("data/pg/postmaster.pid"),
                    foreign.pid() + "\n" + temp.resolve("data/pg") + "\n0\n1\n");
            try (var server = EmbeddedServer.start(settings("data", 0))) {
                assertThat(query(server, "select 1")).isEqualTo("1");
            }
            assertThat(foreign.isAlive()).isTrue();
        } finally {
            foreign.destroyForcibly();
        }
    }

    @Test
    void aSecondStartInTheSameProcessIsRefusedAndLeavesTheFirstItsLock() throws Exception {
        copySeed();
        try (var server = EmbeddedServer.start(settings("data", 0))) {
            assertFails(settings("data", 0), Reason.FOLDER_IN_USE);
            assertFails(settings("data", 0), Reason.FOLDER_IN_USE);
            assertThat(query(server, "select 1")).isEqualTo("1");
        }
    }

    @Test
    void closeStopsTheServerOnceAndFreesTheFolder() throws Exception {
        copySeed();
        var server = EmbeddedServer.start(settings("data", 0));
        assertThat(temp.resolve("data/pg/postmaster.pid")).exists();
        server.close();
        server.close();
        assertThat(temp.resolve("data/pg/postmaster.pid")).doesNotExist();
        DataFolder.open(temp.resolve("data")).close();
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        copySeed();
        try (var taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            assertFails(settings("data", taken.getLocalPort()), Reason.PORT_TAKEN)
                    .withMessageContaining(Integer.toString(taken.getLocalPort()));
        }
    }

    @Test
    void aSettingThatPostgresRefusesShowsInTheMessage() throws Exception {
        copySeed();
        var settings = new EmbeddedServer.Settings(
                temp.resolve("data"),
                0,
                Map.of("work_mem", "a lot"),
                settings("data", 0).binariesCache());
        assertFails(settings, Reason.DID_NOT_START).withMessageContaining("invalid value for parameter \"work_mem\"");
    }

    @Test
    void settingsThatOpenTheDoorAreRefused() {
        assertThatExceptionOfType(EmbeddedServerException.class)
                .isThrownBy(() -> new EmbeddedServer.Settings(temp, 0, Map.of("listen_addresses", "*"), temp))
                .withMessageContaining("listen_addresses");
    }

    @Test
    void durabilityThatARoleTakesAwayIsNoticed() throws Exception {
        copySeed();
        try (var server = EmbeddedServer.start(settings("data", 0))) {
            execute(server, "alter role millrace set synchronous_commit = off");
        }
        assertFails(settings("data", 0), Reason.NOT_DURABLE).withMessageContaining("synchronous_commit = off");
    }

    @Test
    void anotherMajorVersionIsRefusedBeforeItIsTouched() throws Exception {
        copySeed();
        Files.writeString(temp.resolve("data/pg/PG_VERSION"), "15\n");
        assertFails(settings("data", 0), Reason.OTHER_VERSION).withMessageContaining("made by PostgreSQL 15");
        assertThat(temp.resolve("data/pg/postmaster.pid")).doesNotExist();
    }

    @Test
    void aFileInPlaceOfTheFolderIsNamed() throws Exception {
        Files.writeString(temp.resolve("file"), "");
        assertFails(settings("file", 0), Reason.FOLDER_UNUSABLE).withMessageContaining("not a folder");
    }

    @Test
    void aFolderThatCannotBeWrittenNamesItsOwnerAndUs() throws Exception {
        copySeed();
        assumeThat(System.getProperty("user.name"))
                .as("root may write anywhere")
                .isNotEqualTo("root");
        Files.setPosixFilePermissions(temp.resolve("data"), PosixFilePermissions.fromString("r-xr-xr-x"));
        assertFails(settings("data", 0), Reason.FOLDER_UNUSABLE)
                .withMessageContaining("belongs to the account " + System.getProperty("user.name"));
    }

    @Test
    void aLostPasswordIsNamedRatherThanReplaced() throws Exception {
        copySeed();
        Files.delete(temp.resolve("data/password"));
        assertFails(settings("data", 0), Reason.FOLDER_UNUSABLE).withMessageContaining("`password` is gone");
    }

    @Test
    void aWrongPasswordFileIsNamed() throws Exception {
        copySeed();
        Files.writeString(temp.resolve("data/password"), "another\n");
        assertFails(settings("data", 0), Reason.FOLDER_UNUSABLE).withMessageContaining("not this cluster's");
        assertThat(temp.resolve("data/pg/postmaster.pid")).doesNotExist();
    }

    /** The child JVM that owns a folder until it is killed. */
    static final class Owner {
        static final String READY = "owner is ready";

        private Owner() {}

        public static void main(String[] arguments) throws Exception {
            var server = EmbeddedServer.start(settings(Path.of(arguments[0]), 0, Map.of()));
            execute(server, "create table kept as select 42 as answer");
            System.out.println(READY);
            TimeUnit.MINUTES.sleep(1);
        }
    }

    private void copySeed() throws IOException {
        try (var files = Files.walk(seed)) {
            for (var file : (Iterable<Path>) files::iterator) {
                var copy = temp.resolve("data").resolve(seed.relativize(file).toString());
                Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private EmbeddedServer.Settings settings(String folder, int port) {
        return settings(temp.resolve(folder), port, Map.of());
    }

    private static EmbeddedServer.Settings settings(Path folder, int port, Map<String, String> parameters) {
        return new EmbeddedServer.Settings(folder, port, parameters, TestDatabase.BINARIES);
    }

    private static ThrowableAssertAlternative<EmbeddedServerException> assertFails(
            EmbeddedServer.Settings settings, Reason reason) {
        return assertThatExceptionOfType(EmbeddedServerException.class)
                .isThrownBy(() -> EmbeddedServer.start(settings).close())
                .satisfies(e -> assertThat(e.reason()).isEqualTo(reason));
    }

    private static void awaitLine(BufferedReader output, String expected) throws IOException {
        var said = new StringBuilder();
        for (String line; (line = output.readLine()) != null; said.append(line).append('\n')) {
            if (line.equals(expected)) {
                return;
            }
        }
        throw new AssertionError("The owner ended early:\n" + said);
    }

    private static void execute(EmbeddedServer server, String sql) throws SQLException {
        try (var connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(EmbeddedServer server, String sql) throws SQLException {
        try (var connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
