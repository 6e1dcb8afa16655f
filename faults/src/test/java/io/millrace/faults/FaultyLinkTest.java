package io.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.faults.FaultyLink.Direction;
import io.millrace.faults.FaultyLink.Side;
import io.millrace.faults.FaultyLink.Strike;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A link breaks where it is told to, and a PostgreSQL that was killed is there again. */
class FaultyLinkTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    private static Path folder;

    private static OwnedPostgres postgres;

    private final FaultyLink link = new FaultyLink(() -> postgres.port());

    @BeforeAll
    static void start() throws SQLException {
        postgres = OwnedPostgres.start(folder.resolve("postgres"));
        postgres.create("linked");
        try (var connection = postgres.connect("linked")) {
            Sql.run(connection, "create table faults.rows (id int primary key)");
        }
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @AfterEach
    void close() {
        link.close();
    }

    private Connection connect() throws SQLException {
        var url = "jdbc:postgresql://127.0.0.1:%d/linked".formatted(link.port());
        return DriverManager.getConnection(url, postgres.user(), postgres.password());
    }

    /** What the link struck with while a row was inserted and committed; the client learns nothing. */
    private String struck(int id, String label, Side side) throws SQLException {
        try (var connection = connect()) {
            connection.setAutoCommit(false);
            var proof = CompletableFuture.supplyAsync(
                    () -> String.valueOf(link.strike(label, side, LIMIT, () -> "struck")));
            assertThat(Waiting.until(LIMIT, link::isArmed)).isTrue();
            assertThatThrownBy(() -> {
                        Sql.run(connection, "insert into faults.rows values (" + id + ")");
                        connection.commit();
                    })
                    .isInstanceOf(SQLException.class);
            return proof.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
        }
    }

    private static long rows(int id) throws SQLException {
        try (var connection = postgres.connect("linked")) {
            return Sql.number(connection, "select count(*) from faults.rows where id = ?", id);
        }
    }

    @Test
    void whatIsCutOffBeforeItsCommitIsNotThere() throws SQLException {
        assertThat(struck(1, "commit", Side.BEFORE)).isEqualTo("struck");
        assertThat(rows(1)).isZero();
    }

    @Test
    void whatIsCutOffAfterItsCommitIsThereThoughTheClientNeverHears() throws SQLException {
        assertThat(struck(2, "commit", Side.AFTER)).isEqualTo("struck");
        assertThat(rows(2)).isOne();
    }

    @Test
    void whatIsCutOffAfterAStatementIsNotThere() throws SQLException {
        assertThat(struck(3, "insert faults.rows", Side.AFTER)).isEqualTo("struck");
        assertThat(rows(3)).isZero();
        assertThat(link.statements()).contains("insert faults.rows");
    }

    @Test
    void anAmbushSeesEachStatementAndStrikesWhereItDecidesTo() throws SQLException {
        var seen = new ConcurrentLinkedQueue<String>();
        link.ambush(label -> {
            seen.add(label);
            return label.equals("commit") ? new Strike(Side.AFTER, () -> "struck", () -> {}) : null;
        });
        try (var connection = connect()) {
            connection.setAutoCommit(false);
            Sql.run(connection, "insert into faults.rows values (5)");
            assertThatThrownBy(connection::commit).isInstanceOf(SQLException.class);
        }
        assertThat(seen).contains("insert faults.rows", "commit");
        assertThat(rows(5)).isOne();
    }

    @Test
    void aStrikeWhoseConnectionBreaksBeforeItsMomentIsMissed() throws SQLException {
        var missed = new CompletableFuture<Boolean>();
        var seen = new CompletableFuture<Boolean>();
        link.ambush(label -> {
            if (!label.startsWith("select")) {
                return null;
            }
            seen.complete(true);
            return new Strike(Side.AFTER, () -> "struck", () -> missed.complete(true));
        });
        try (var connection = connect()) {
            var asked = CompletableFuture.runAsync(
                    () -> assertThatThrownBy(() -> Sql.rows(connection, "select pg_sleep(30)"))
                            .isInstanceOf(SQLException.class));
            seen.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
            link.cut();
            assertThat(missed.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join())
                    .isTrue();
            asked.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
        }
    }

    @Test
    void aStatementThatNeverComesIsNotStruck() {
        assertThat(link.strike("vacuum", Side.BEFORE, Duration.ofMillis(50), () -> "struck"))
                .isNull();
    }

    @Test
    void whatIsHeldBackArrivesWhenTheLinkHeals() throws SQLException {
        try (var connection = connect()) {
            link.hold(Direction.TO_SERVER);
            var answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return Sql.number(connection, "select 7");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(Waiting.until(LIMIT, () -> link.kept() > 0)).isTrue();
            assertThat(answer).isNotDone();
            assertThat(link.heal()).isPositive();
            assertThat(answer.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join())
                    .isEqualTo(7);
        }
    }

    @Test
    void connectionsAreCut() throws SQLException {
        try (var connection = connect()) {
            assertThat(link.cut()).isOne();
            assertThatThrownBy(() -> Sql.number(connection, "select 7")).isInstanceOf(SQLException.class);
        }
    }

    @Test
    void aKilledServerRecoversOnItsPortWithItsRows() throws SQLException {
        try (var connection = postgres.connect("linked")) {
            Sql.run(connection, "insert into faults.rows values (4)");
        }
        var port = postgres.port();
        assertThat(postgres.crash("KILL")).isTrue();
        assertThat(postgres.port()).isEqualTo(port);
        assertThat(rows(4)).isOne();
    }
}
