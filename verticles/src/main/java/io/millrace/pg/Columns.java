package io.millrace.pg;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Rows turned into array parameters, one for each column, as {@code unnest} takes them. */
public final class Columns {

    private Columns() {}

    public static <T> UUID[] uuids(Collection<T> rows, Function<? super T, ? extends @Nullable UUID> column) {
        return rows.stream().map(column).toArray(UUID[]::new);
    }

    public static <T> String[] texts(Collection<T> rows, Function<? super T, ? extends @Nullable String> column) {
        return rows.stream().map(column).toArray(String[]::new);
    }

    public static <T> Integer[] ints(Collection<T> rows, Function<? super T, Integer> column) {
        return rows.stream().map(column).toArray(Integer[]::new);
    }

    public static <T> Long[] longs(Collection<T> rows, Function<? super T, Long> column) {
        return rows.stream().map(column).toArray(Long[]::new);
    }

    public static <T> Buffer[] buffers(Collection<T> rows, Function<? super T, ? extends @Nullable Buffer> column) {
        return rows.stream().map(column).toArray(Buffer[]::new);
    }

    public static <T> OffsetDateTime[] times(Collection<T> rows, Function<? super T, Instant> column) {
        return rows.stream()
                .map(row -> OffsetDateTime.ofInstant(column.apply(row), ZoneOffset.UTC))
                .toArray(OffsetDateTime[]::new);
    }
}
