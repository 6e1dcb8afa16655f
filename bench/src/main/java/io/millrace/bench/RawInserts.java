package io.millrace.bench;

import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** What the driver can do by itself: a row of arrays an insert, autocommit, one insert in flight on each connection. */
final class RawInserts {

    private static final String CREATE = """
            create table raw_batches (
              partition int not null,
              base bigint not null,
              batch_id uuid not null,
              keys bytea[] not null,
              "values" bytea[] not null,
              constraint raw_batches_pkey primary key (partition, base)
            );
            alter table raw_batches alter column keys set storage external;
            alter table raw_batches alter column "values" set storage external
            """;

    private static final String INSERT = """
            insert into raw_batches (partition, base, batch_id, keys, "values")
            values ($1, $2, $3, $4, $5)
            """;

    private final Database database;
    private final Connection admin;
    private final int connections;
    private final List<Buffer[]> keys = new ArrayList<>();
    private final List<Buffer[]> values = new ArrayList<>();
    private final long[] ends;

    RawInserts(Database database, Connection admin, Records records, int connections) throws SQLException {
        this.database = database;
        this.admin = admin;
        this.connections = connections;
        this.ends = new long[connections];
        for (var i = 0; i < connections; i++) {
            keys.add(records.keys(i * Records.IN_BATCH, Records.IN_BATCH));
            values.add(records.values(i * Records.IN_BATCH, Records.IN_BATCH));
        }
        Sql.run(admin, CREATE);
    }

    Throughput round(Duration length) throws InterruptedException {
        var open = new ArrayList<SqlConnection>();
        for (var i = 0; i < connections; i++) {
            open.add(Waiting.await(database.pool().getConnection()));
        }
        var round = new Round();
        var begin = System.nanoTime();
        var loops = new ArrayList<Future<Void>>();
        for (var i = 0; i < connections; i++) {
            loops.add(round.loop(open.get(i), i));
        }
        round.enough.await(length.toMillis(), TimeUnit.MILLISECONDS);
        var result = new Throughput(round.inserted.get(), (System.nanoTime() - begin) / 1e9);
        round.stopping = true;
        Waiting.await(Future.all(loops));
        for (var connection : open) {
            Waiting.await(connection.close());
        }
        return result;
    }

    void clear() throws SQLException {
        Sql.run(admin, "truncate raw_batches");
    }

    /** One round's counters. */
    private final class Round {
        private final AtomicLong inserted = new AtomicLong();
        private final CountDownLatch enough = new CountDownLatch(1);
        private volatile boolean stopping;

        Future<Void> loop(SqlConnection connection, int partition) {
            var ended = Promise.<Void>promise();
            insert(connection, partition, ended);
            return ended.future();
        }

        private void insert(SqlConnection connection, int partition, Promise<Void> ended) {
            var parameters =
                    Tuple.of(partition, ends[partition], UUID.randomUUID(), keys.get(partition), values.get(partition));
            ends[partition] += Records.IN_BATCH;
            connection.preparedQuery(INSERT).execute(parameters).onComplete(done -> {
                if (done.failed()) {
                    enough.countDown();
                    ended.fail(done.cause());
                    return;
                }
                if (inserted.addAndGet(Records.IN_BATCH) * Records.VALUE_BYTES >= AppendBench.MAX_ROUND_BYTES) {
                    enough.countDown();
                }
                if (stopping) {
                    ended.complete();
                } else {
                    insert(connection, partition, ended);
                }
            });
        }
    }
}
