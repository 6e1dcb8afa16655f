package io.millrace.pg;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The pod's door to PostgreSQL: one bounded pool, and connections of their own for what must not share. */
public final class Database {

    private final Vertx vertx;
    private final DatabaseSettings settings;
    private final Pool pool;

    public Database(Vertx vertx, DatabaseSettings settings) {
        this.vertx = vertx;
        this.settings = settings;
        var bounds = settings.pool();
        var unbounded = PgBuilder.pool()
                .with(new PoolOptions()
                        .setName("millrace")
                        .setShared(false)
                        .setMaxSize(bounds.maxSize())
                        .setMaxWaitQueueSize(bounds.maxWaiting())
                        .setConnectionTimeout(0)
                        .setMaxLifetime((int) bounds.maxLifetime().toSeconds())
                        .setMaxLifetimeUnit(TimeUnit.SECONDS)
                        .setIdleTimeout((int) bounds.maxIdle().toSeconds())
                        .setIdleTimeoutUnit(TimeUnit.SECONDS))
                .connectingTo(settings.connectOptions())
                .using(vertx)
                .build();
        this.pool = new BoundedWaitPool(vertx, unbounded, bounds.maxWait());
    }

    public DatabaseSettings settings() {
        return settings;
    }

    public Vertx vertx() {
        return vertx;
    }

    public Pool pool() {
        return pool;
    }

    /**
     * Runs statements in one transaction on one connection. They may all be sent at once; the block's future must fail
     * when any of theirs does. The block runs again, on another connection, when the first turns out to have broken before
     * anything could be committed. Fails with {@link DatabaseFailure}, of kind UNKNOWN only when the commit was under way, or
     * with what else the block threw.
     */
    public <T> Future<T> inTransaction(Function<SqlConnection, Future<T>> block) {
        return withConnection(connection -> Transaction.run(connection, block));
    }

    /**
     * Runs statements on one connection, each for itself. Fails as {@link #inTransaction} does, of kind UNKNOWN only when
     * a statement was under way.
     */
    public <T> Future<T> withConnection(Function<SqlConnection, Future<T>> block) {
        return withConnection(block, settings.pool().maxSize())
                .recover(thrown ->
                        Future.failedFuture(SqlStates.isDatabases(thrown) ? SqlStates.failure(thrown) : thrown));
    }

    /** The pool may hand out a connection that has just broken; then the next one, since nothing was sent. */
    private <T> Future<T> withConnection(Function<SqlConnection, Future<T>> block, int replacements) {
        return pool.getConnection()
                .recover(thrown -> Future.failedFuture(SqlStates.nothingStored(thrown)))
                .compose(connection -> block.apply(connection).onComplete(done -> connection.close()))
                .recover(thrown -> replacements > 0 && SqlStates.isStale(thrown)
                        ? withConnection(block, replacements - 1)
                        : Future.failedFuture(thrown));
    }

    /** Reads rows, each as {@code of} makes it; fails with {@link DatabaseFailure}. */
    public <T> Future<List<T>> list(String sql, Tuple parameters, Function<Row, T> of) {
        return pool.preparedQuery(sql)
                .execute(parameters)
                .map(rows -> {
                    var list = new ArrayList<T>(rows.size());
                    rows.forEach(row -> list.add(of.apply(row)));
                    return (List<T>) list;
                })
                .recover(thrown -> Future.failedFuture(SqlStates.failure(thrown)));
    }

    public Future<Void> close() {
        return pool.close();
    }
}
