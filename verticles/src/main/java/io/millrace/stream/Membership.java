package io.millrace.stream;

import io.millrace.pg.DatabaseSettings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This pod's place among the members: extends its lease from a thread and over a connection of its own, so that neither
 * a busy event loop nor a full pool can cost it its partitions. Leases are counted by the database's clock alone.
 */
public final class Membership {

    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);

    private final DatabaseSettings database;
    private final UUID memberId;
    private final String host;
    private final Duration lease;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final CountDownLatch joined = new CountDownLatch(1);
    private final Thread thread;

    public Membership(DatabaseSettings database, UUID memberId, String host, Duration lease) {
        this.database = database;
        this.memberId = memberId;
        this.host = host;
        this.lease = lease;
        this.thread = Thread.ofPlatform().name("millrace-heartbeat").daemon().unstarted(this::run);
    }

    public UUID memberId() {
        return memberId;
    }

    public Duration lease() {
        return lease;
    }

    /** Starts the heartbeat; returns when the first one is stored, false when that took too long. */
    public boolean start(Duration patience) throws InterruptedException {
        thread.start();
        return joined.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void run() {
        Connection connection = null;
        do {
            connection = beat(connection);
        } while (!waitForNext(connection == null));
        leave(connection);
    }

    /** One heartbeat; gives the connection to use next time, null after a failure. */
    private @Nullable Connection beat(@Nullable Connection open) {
        try {
            var connection = open != null ? open : connect();
            heartbeat(connection);
            joined.countDown();
            return connection;
        } catch (SQLException e) {
            LOG.warn("heartbeat failed; the lease of {} runs out: {}", lease, e.getMessage());
            closeQuietly(open);
            return null;
        }
    }

    private static final String HEARTBEAT = """
            select stream.heartbeat(?, ?, make_interval(secs => ?))
            """;

    private void heartbeat(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement(HEARTBEAT)) {
            statement.setObject(1, memberId);
            statement.setString(2, host);
            statement.setDouble(3, lease.toMillis() / 1000.0);
            statement.execute();
        }
    }

    private Connection connect() throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", database.user());
        properties.setProperty("password", database.password());
        var seconds = Long.toString(Math.max(1, lease.toSeconds() / 3));
        properties.setProperty("connectTimeout", seconds);
        properties.setProperty("socketTimeout", seconds);
        // Behind a pooler in transaction mode a prepared statement may be gone by the next heartbeat.
        properties.setProperty("prepareThreshold", "0");
        return DriverManager.getConnection(database.jdbcUrl(), properties);
    }

    /** Waits a third of the lease; after a failure less, since one broken connection must not cost the lease. */
    private boolean waitForNext(boolean failed) {
        try {
            return stopping.await(lease.toMillis() / (failed ? 12 : 3), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    private static final String LEAVE = """
            delete from stream.members
            where member_id = ?
            """;

    private void leave(@Nullable Connection open) {
        if (open == null) {
            return;
        }
        try (var connection = open;
                var statement = connection.prepareStatement(LEAVE)) {
            statement.setObject(1, memberId);
            statement.execute();
        } catch (SQLException e) {
            LOG.info("could not take leave; the lease will run out instead: {}", e.getMessage());
        }
    }

    private static void closeQuietly(@Nullable Connection connection) {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                LOG.debug("closing a broken connection", e);
            }
        }
    }

    /** Ends the heartbeat and the lease; call it when every partition has been released. */
    public void stop() throws InterruptedException {
        stopping.countDown();
        thread.join(lease.toMillis());
    }
}
