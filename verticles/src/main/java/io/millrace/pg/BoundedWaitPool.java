package io.millrace.pg;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PrepareOptions;
import io.vertx.sqlclient.PreparedQuery;
import io.vertx.sqlclient.Query;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.SqlResult;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collector;

/**
 * A pool whose callers wait for a connection no longer than a limit, each with a timer of its own.
 *
 * <p>The timer of Vert.x's pool (5.0.10) loses callers: when connecting fails after that timer has fired and before its
 * handler has run, which takes a while where the caller's thread is busy, the caller is told nothing, ever, and a
 * NullPointerException comes out at whoever else uses the pool at that moment. A partition whose commit waits so stands still
 * until its pod ends.
 */
final class BoundedWaitPool implements Pool {

    private final Vertx vertx;
    private final Pool pool;
    private final Duration limit;

    /** @param pool one that has no limit itself */
    BoundedWaitPool(Vertx vertx, Pool pool, Duration limit) {
        this.vertx = vertx;
        this.pool = pool;
        this.limit = limit;
    }

    @Override
    public Future<SqlConnection> getConnection() {
        var waiting = Promise.<SqlConnection>promise();
        var timer = vertx.setTimer(
                limit.toMillis(), fired -> waiting.tryFail(new VertxException("Timeout waiting for connection", true)));
        pool.getConnection().onComplete(got -> {
            vertx.cancelTimer(timer);
            if (got.failed()) {
                waiting.tryFail(got.cause());
            } else if (!waiting.tryComplete(got.result())) {
                // Nobody waits for it any more.
                got.result().close();
            }
        });
        return waiting.future();
    }

    @Override
    public Query<RowSet<Row>> query(String sql) {
        return new OnConnection<>(client -> client.query(sql));
    }

    @Override
    public PreparedQuery<RowSet<Row>> preparedQuery(String sql) {
        return new PreparedOnConnection<>(client -> client.preparedQuery(sql));
    }

    @Override
    public PreparedQuery<RowSet<Row>> preparedQuery(String sql, PrepareOptions options) {
        return new PreparedOnConnection<>(client -> client.preparedQuery(sql, options));
    }

    @Override
    public int size() {
        return pool.size();
    }

    @Override
    public Future<Void> close() {
        return pool.close();
    }

    /** Without a connection nothing was sent, whatever the failure looks like. */
    private <T> Future<T> on(Function<SqlClient, Future<T>> statement) {
        return getConnection()
                .recover(thrown -> Future.failedFuture(SqlStates.nothingStored(thrown)))
                .compose(connection -> statement.apply(connection).onComplete(done -> connection.close()));
    }

    /** A query that gets its connection when it is executed. */
    private final class OnConnection<T> implements Query<T> {
        private final Function<SqlClient, Query<T>> query;

        OnConnection(Function<SqlClient, Query<T>> query) {
            this.query = query;
        }

        @Override
        public Future<T> execute() {
            return on(client -> query.apply(client).execute());
        }

        @Override
        public <R> Query<SqlResult<R>> collecting(Collector<Row, ?, R> collector) {
            return new OnConnection<>(client -> query.apply(client).collecting(collector));
        }

        @Override
        public <U> Query<RowSet<U>> mapping(Function<Row, U> mapper) {
            return new OnConnection<>(client -> query.apply(client).mapping(mapper));
        }
    }

    /** The same with parameters. */
    private final class PreparedOnConnection<T> implements PreparedQuery<T> {
        private final Function<SqlClient, PreparedQuery<T>> query;

        PreparedOnConnection(Function<SqlClient, PreparedQuery<T>> query) {
            this.query = query;
        }

        @Override
        public Future<T> execute() {
            return on(client -> query.apply(client).execute());
        }

        @Override
        public Future<T> execute(Tuple parameters) {
            return on(client -> query.apply(client).execute(parameters));
        }

        @Override
        public Future<T> executeBatch(List<Tuple> batch) {
            return on(client -> query.apply(client).executeBatch(batch));
        }

        @Override
        public <R> PreparedQuery<SqlResult<R>> collecting(Collector<Row, ?, R> collector) {
            return new PreparedOnConnection<>(client -> query.apply(client).collecting(collector));
        }

        @Override
        public <U> PreparedQuery<RowSet<U>> mapping(Function<Row, U> mapper) {
            return new PreparedOnConnection<>(client -> query.apply(client).mapping(mapper));
        }
    }
}
