package io.millrace.stream;

import io.vertx.sqlclient.Tuple;

/**
 * A statement of a batch's transaction, with {@code $n} parameters; many rows go as arrays through {@code unnest}.
 *
 * @param areRows whether every parameter is an array with an element a row, and no row is written by the batches of two
 *     partitions: then those of several batches may go as one
 */
public record Write(String sql, Tuple parameters, boolean areRows) {

    public Write(String sql, Tuple parameters) {
        this(sql, parameters, false);
    }

    /** Rows that may be written together with those of other partitions. */
    public static Write rows(String sql, Tuple columns) {
        return new Write(sql, columns, true);
    }
}
