package io.millrace.stream;

import io.millrace.pg.Columns;
import io.millrace.pg.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Fetches what has just come to the partitions of a topic: readers who ask while another fetch is under way share a statement.
 * Thread-safe.
 */
final class SmallFetches {

    private static final int REQUESTS_A_FETCH = 256;

    private record Request(int partition, long offset, int maxBytes) {}

    private final Database database;
    private final Log log;
    private final Topic topic;
    private final GroupCommit<Request, Future<Log.Fetched>> together =
            new GroupCommit<>(REQUESTS_A_FETCH, Long.MAX_VALUE, this::fetchTogether);

    SmallFetches(Database database, Log log, Topic topic) {
        this.database = database;
        this.log = log;
        this.topic = topic;
    }

    /** As {@link Log#fetch(Topic, int, long, int, int)} does. */
    Future<Log.Fetched> fetch(int partition, long offset, int maxBytes) {
        return together.add(new Request(partition, offset, maxBytes), 0).compose(Function.identity());
    }

    private Future<List<Future<Log.Fetched>>> fetchTogether(List<Request> requests) {
        if (requests.size() == 1) {
            var alone = fetchAlone(requests.getFirst());
            return alone.transform(done -> Future.succeededFuture(List.of(alone)));
        }
        return fetchBatches(requests).map(rows -> answers(requests, rows));
    }

    private Future<Log.Fetched> fetchAlone(Request request) {
        return log.fetch(topic, request.partition(), request.offset(), request.maxBytes(), Log.LARGEST_BYTES);
    }

    private static final String FETCH_BATCHES = """
            select base_offset, record_count, created_at, keys, "values", headers, size_bytes, place
            from stream.fetch_batches($1, $2, $3, $4, $5)
            """;

    private Future<List<Row>> fetchBatches(List<Request> requests) {
        var parameters = Tuple.of(
                topic.id(),
                Columns.ints(requests, Request::partition),
                Columns.longs(requests, Request::offset),
                Columns.ints(requests, Request::maxBytes),
                Log.LARGEST_BYTES);
        return database.list(FETCH_BATCHES, parameters, row -> row);
    }

    private List<Future<Log.Fetched>> answers(List<Request> requests, List<Row> rows) {
        var byRequest = new ArrayList<List<Row>>();
        requests.forEach(request -> byRequest.add(new ArrayList<>()));
        rows.forEach(row -> byRequest.get(row.getInteger(7) - 1).add(row));
        var answers = new ArrayList<Future<Log.Fetched>>();
        for (var i = 0; i < requests.size(); i++) {
            var request = requests.get(i);
            var own = byRequest.get(i);
            // Within a batch, in a segment that is gone: rare, and told in full by a fetch of its own.
            answers.add(
                    own.isEmpty() || own.getFirst().getLong(0) != request.offset()
                            ? fetchAlone(request)
                            : Future.succeededFuture(
                                    Log.fetched(own, request.partition(), request.offset(), Log.LARGEST_BYTES)));
        }
        return answers;
    }
}
