package io.millrace.stream;

import io.vertx.sqlclient.Tuple;

/** A statement of a batch's transaction, with {@code $n} parameters; many rows go as arrays through {@code unnest}. */
public record Write(String sql, Tuple parameters) {}
