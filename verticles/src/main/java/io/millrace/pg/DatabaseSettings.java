package io.millrace.pg;

import io.vertx.pgclient.PgConnectOptions;
import java.time.Duration;

/**
 * Where the database is and how many connections a pod may hold.
 *
 * @param poolerInTransactionMode whether PgBouncer or the like stands between: no prepared statements are kept, nothing
 *     is pipelined, and session settings are left to the role
 */
public record DatabaseSettings(
        String host,
        int port,
        String database,
        String user,
        String password,
        PoolSettings pool,
        boolean poolerInTransactionMode) {

    /** Bounds of a pod's pool. */
    public record PoolSettings(
            int maxSize,
            int maxWaiting,
            Duration maxWait,
            Duration maxLifetime,
            Duration maxIdle,
            Duration lockTimeout) {
        public static final PoolSettings DEFAULT = new PoolSettings(
                20, 1_000, Duration.ofSeconds(10), Duration.ofHours(1), Duration.ofMinutes(10), Duration.ofSeconds(4));
    }

    public String jdbcUrl() {
        // Behind a pooler in transaction mode a prepared statement may be gone, or somebody else's, at its next use.
        var prepare = poolerInTransactionMode ? "&prepareThreshold=0" : "";
        return "jdbc:postgresql://%s:%d/%s?ApplicationName=millrace%s".formatted(host, port, database, prepare);
    }

    /** Options for connections that belong to a pool. */
    public PgConnectOptions connectOptions() {
        var options = directOptions();
        if (poolerInTransactionMode) {
            return options.setCachePreparedStatements(false)
                    .setPipeliningLimit(1)
                    .setUseLayer7Proxy(true);
        }
        // A pod that stops in the middle of a transaction must not hold a partition for longer than its lease.
        var millis = Long.toString(pool.lockTimeout().toMillis());
        options.addProperty("application_name", "millrace")
                .addProperty("lock_timeout", millis)
                .addProperty("idle_in_transaction_session_timeout", millis)
                .addProperty("tcp_user_timeout", millis);
        return options.setCachePreparedStatements(true)
                .setPreparedStatementCacheMaxSize(256)
                .setPipeliningLimit(64);
    }

    /** Options for a connection of its own, such as the one that listens. */
    public PgConnectOptions directOptions() {
        return new PgConnectOptions()
                .setHost(host)
                .setPort(port)
                .setDatabase(database)
                .setUser(user)
                .setPassword(password);
    }
}
