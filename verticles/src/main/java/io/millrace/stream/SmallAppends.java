package io.millrace.stream;

import io.millrace.pg.Columns;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Appends a little to each of several partitions of a topic in one statement, where one each would cost more than the rows. */
final class SmallAppends {

    /** Of all partitions together: past it, taking arrays apart would cost more than another statement. */
    private static final long MAX_BYTES = 256 << 10;

    private SmallAppends() {}

    /** Whether it is worth it, and nothing else is lost by it. */
    static boolean fits(List<PartitionedRecords> places) {
        return places.size() > 1
                && places.stream().mapToLong(PartitionedRecords::sizeBytes).sum() <= MAX_BYTES;
    }

    private static final String APPEND_BATCHES = """
            select stream.append_batches($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """;

    /** Gives the first offset in each place; they are of one topic, and in the order of their partitions. */
    static Future<List<Long>> append(SqlClient connection, List<PartitionedRecords> places) {
        var counts = Columns.ints(places, place -> place.records().size());
        var firsts = new Integer[counts.length];
        var withHeaders = new Boolean[counts.length];
        var total = 0;
        for (var i = 0; i < counts.length; i++) {
            firsts[i] = total;
            total += counts[i];
            withHeaders[i] = BatchColumns.haveHeaders(places.get(i).records());
        }
        var columns = new BatchColumns(
                places.stream().flatMap(place -> place.records().stream()).toList());
        var parameters = Tuple.tuple(Arrays.asList(
                places.getFirst().topic().id(),
                Columns.ints(places, PartitionedRecords::partition),
                Columns.uuids(places, place -> UUID.randomUUID()),
                Columns.ints(places, place -> (int) place.sizeBytes()),
                firsts,
                counts,
                withHeaders,
                columns.keys,
                columns.values,
                columns.headers));
        return Log.query(connection, APPEND_BATCHES, parameters)
                .map(rows -> List.of(rows.getFirst().getArrayOfLongs(0)));
    }
}
