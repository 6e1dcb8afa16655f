package io.millrace.stream;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** A named value that travels with a record. */
public record Header(String name, @Nullable Buffer value) {}
