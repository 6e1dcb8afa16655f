package io.millrace.pg;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pg.DatabaseFailure.Kind;
import io.millrace.pg.DatabaseSettings.PoolSettings;
import io.millrace.pg.FaultyProxy.Cut;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the client really throws when something breaks, and what a caller is told. */
class DatabaseTest {

    private final TestDatabase server = TestDatabase.create();
    private final FaultyProxy proxy = new FaultyProxy(server.host(), server.port());
    private final Vertx vertx = Vertx.vertx();
    private final Database database = database(2, 1_000, proxy.port());

    @BeforeEach
    void makeTable() throws SQLException {
        execute("create table items (id int primary key, note text)");
    }

    @AfterEach
    void close() {
        get(vertx.close());
        proxy.close();
        server.close();
    }

    @Test
    void anAnswerThatDoesNotComeIsUnknownWhetherStoredOrNot() throws SQLException {
        get(insert(database.pool(), 1, "warm"));

        proxy.cut("stored", Cut.BEFORE_ANSWER, 1);
        assertThat(kind(insert(database.pool(), 2, "stored"))).isEqualTo(Kind.UNKNOWN);
        proxy.cut("lost", Cut.BEFORE_SERVER, 1);
        // The pool may still hand out the connection that was cut: withConnection takes the next one then.
        assertThat(kind(database.withConnection(connection -> insert(connection, 3, "lost"))))
                .isEqualTo(Kind.UNKNOWN);

        assertThat(proxy.cuts()).isEqualTo(2);
        assertThat(ids()).startsWith(1).doesNotContain(3);
    }

    @Test
    void valuesThatPostgresOrTheClientWillNotTakeAreRefused() {
        get(insert(database.pool(), 1, "first"));

        assertThat(kind(insert(database.pool(), 1, "twice"))).isEqualTo(Kind.REFUSED);
        assertThat(kind(insert(database.pool(), 2, "\0"))).isEqualTo(Kind.REFUSED);
        assertThat(kind(insert(database.pool(), "two", "not a number"))).isEqualTo(Kind.REFUSED);
        assertThat(kind(database.pool().preparedQuery(INSERT).execute(Tuple.of(1))))
                .isEqualTo(Kind.REFUSED);
    }

    @Test
    void aServerThatIsNotThereIsUnavailable() {
        assertThat(kind(database(2, 10, 1).pool().query("select 1").execute())).isEqualTo(Kind.UNAVAILABLE);
        proxy.down();
        assertThat(kind(insert(database.pool(), 1, "x"))).isEqualTo(Kind.UNAVAILABLE);
        assertThat(kind(database.inTransaction(connection -> insert(connection, 1, "x"))))
                .isEqualTo(Kind.UNAVAILABLE);
        proxy.up();
        get(insert(database.pool(), 1, "x"));
    }

    @Test
    void aPoolWithoutRoomIsUnavailable() {
        var full = database(1, 1, proxy.port());
        var held = get(full.pool().getConnection());

        var waiting = insert(full.pool(), 1, "waits");
        assertThat(kind(insert(full.pool(), 2, "one too many"))).isEqualTo(Kind.UNAVAILABLE);
        assertThat(kind(waiting)).isEqualTo(Kind.UNAVAILABLE);

        get(held.close());
        get(full.close());
        assertThat(kind(insert(full.pool(), 3, "closed"))).isEqualTo(Kind.UNAVAILABLE);
    }

    /** The pool of Vert.x loses some of them, now and then: a few thousand show it within seconds. */
    @Test
    void callersWhoseConnectionsFailJustWhenTheirTimeIsUpAreAllTold() throws Exception {
        try (var closing = new ServerSocket(0, 200, InetAddress.ofLiteral("127.0.0.1"))) {
            vertx.executeBlocking(() -> closeEach(closing), false);
            var database = database(4, 1_000, closing.getLocalPort(), Duration.ofMillis(5));
            var end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
            var callers = new ArrayList<Future<Void>>();
            for (var i = 0; i < 16; i++) {
                callers.add(callUntil(end, database));
            }

            get(Future.all(callers));
        }
    }

    private Future<Void> callUntil(long endNanos, Database database) {
        if (System.nanoTime() > endNanos) {
            return Future.succeededFuture();
        }
        return database.inTransaction(connection -> insert(connection, 1, "x"))
                .transform(told -> vertx.timer(1))
                .compose(waited -> callUntil(endNanos, database));
    }

    /** Accepts, and closes without a word some milliseconds later, until there is nobody to accept any more. */
    private boolean closeEach(ServerSocket listener) {
        for (var i = 0; !listener.isClosed(); i++) {
            try {
                var accepted = listener.accept();
                vertx.setTimer(3 + i % 5, fired -> closeQuietly(accepted));
            } catch (IOException e) {
                // The test has ended.
            }
        }
        return true;
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // The other side was faster.
        }
    }

    @Test
    void aBackendThatIsTerminatedInTheMiddleIsUnavailableAndReplaced() throws SQLException {
        var failed = database.inTransaction(connection -> insert(connection, 1, "before")
                .compose(done -> connection
                        .query("select pg_terminate_backend(pg_backend_pid())")
                        .execute()));

        assertThat(kind(failed)).isEqualTo(Kind.UNAVAILABLE);
        get(database.inTransaction(connection -> insert(connection, 2, "after")));
        assertThat(ids()).containsExactly(2);
    }

    @Test
    void theFirstCauseIsToldAndNothingStays() throws SQLException {
        get(insert(database.pool(), 1, "there"));

        var failure = failure(database.inTransaction(connection -> Future.all(List.of(
                insert(connection, 2, "before"), insert(connection, 1, "culprit"), insert(connection, 3, "behind")))));

        assertThat(failure).isInstanceOfSatisfying(DatabaseFailure.class, refused -> {
            assertThat(refused.kind()).isEqualTo(Kind.REFUSED);
            assertThat(refused.sqlState()).isEqualTo("23505");
        });
        assertThat(ids()).containsExactly(1);
    }

    @Test
    void aStatementNeverSeenBeforeKeepsItsPlaceBehindOneThatFails() throws SQLException {
        var failure = failure(database.inTransaction(connection -> Future.all(List.of(
                insert(connection, 1, "before"),
                connection.query("select 1 / 0").execute(),
                connection.preparedQuery("insert into items (id) values ($1)").execute(Tuple.of(2))))));

        assertThat(failure)
                .isInstanceOfSatisfying(
                        DatabaseFailure.class,
                        refused -> assertThat(refused.sqlState()).isEqualTo("22012"));
        assertThat(ids()).isEmpty();
    }

    @Test
    void aValueThatDoesNotFitItsParameterRollsBackWhatWentBeforeIt() throws SQLException {
        var failed = database.inTransaction(connection ->
                Future.all(List.of(insert(connection, 1, "before"), insert(connection, "two", "misfit"))));

        assertThat(kind(failed)).isEqualTo(Kind.REFUSED);
        assertThat(ids()).isEmpty();
    }

    @Test
    void whatTheBlockThrowsIsPassedOnAndNothingStays() throws SQLException {
        var mistake = new IllegalStateException("mine");

        assertThat(failure(database.inTransaction(connection -> {
                    insert(connection, 1, "before");
                    throw mistake;
                })))
                .isSameAs(mistake);
        assertThat(failure(database.inTransaction(
                        connection -> insert(connection, 1, "before").compose(done -> Future.failedFuture(mistake)))))
                .isSameAs(mistake);
        assertThat(ids()).isEmpty();
    }

    @Test
    void aConnectionThatBreaksBeforeCommitIsUnavailableAndInCommitUnknown() throws SQLException {
        get(database.inTransaction(connection -> insert(connection, 1, "warm")));

        proxy.cut("break-me", Cut.BEFORE_ANSWER, 1);
        assertThat(kind(database.inTransaction(connection -> insert(connection, 2, "break-me"))))
                .isEqualTo(Kind.UNAVAILABLE);
        proxy.cut("commit", Cut.BEFORE_SERVER, 1);
        assertThat(kind(database.inTransaction(connection -> insert(connection, 3, "x"))))
                .isEqualTo(Kind.UNKNOWN);
        proxy.cut("commit", Cut.BEFORE_ANSWER, 1);
        assertThat(kind(database.inTransaction(connection -> insert(connection, 4, "y"))))
                .isEqualTo(Kind.UNKNOWN);

        assertThat(proxy.cuts()).isEqualTo(3);
        assertThat(ids()).startsWith(1).doesNotContain(2, 3);
    }

    @Test
    void codesOfPoolersAndTriggersAreToldApart() {
        assertThat(SqlStates.kind("08P01")).isEqualTo(Kind.UNKNOWN);
        assertThat(SqlStates.kind("40003")).isEqualTo(Kind.UNKNOWN);
        assertThat(SqlStates.kind("40001")).isEqualTo(Kind.UNAVAILABLE);
        assertThat(SqlStates.kind("57P01")).isEqualTo(Kind.UNAVAILABLE);
        assertThat(SqlStates.kind("P0001")).isEqualTo(Kind.REFUSED);
        assertThat(SqlStates.kind("MR001")).isEqualTo(Kind.FENCED);
    }

    private static final String INSERT = "insert into items (id, note) values ($1, $2)";

    private static Future<?> insert(SqlClient client, Object id, String note) {
        return client.preparedQuery(INSERT).execute(Tuple.of(id, note));
    }

    private void execute(String sql) throws SQLException {
        try (var connection = server.connect();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private List<Integer> ids() throws SQLException {
        try (var connection = server.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("select coalesce(array_agg(id order by id), '{}') from items")) {
            rows.next();
            return List.of((Integer[]) rows.getArray(1).getArray());
        }
    }

    private Database database(int size, int waiting, int port) {
        return database(size, waiting, port, Duration.ofSeconds(1));
    }

    private Database database(int size, int waiting, int port, Duration maxWait) {
        var pool = new PoolSettings(
                size, waiting, maxWait, Duration.ofHours(1), Duration.ofHours(1), Duration.ofSeconds(4));
        return new Database(vertx, server.settings(port, pool));
    }

    private static <T> T get(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static Kind kind(Future<?> future) {
        return SqlStates.failure(failure(future)).kind();
    }

    private static Throwable failure(Future<?> future) {
        try {
            var answer = future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
            throw new AssertionError("succeeded with " + answer);
        } catch (ExecutionException e) {
            return Objects.requireNonNull(e.getCause());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
