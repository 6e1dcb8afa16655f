package io.millrace.stream;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Where a partition of a group stands, as of the last tick. */
public record PartitionState(int partition, @Nullable UUID owner, long epoch, long endOffset, long committedOffset) {

    public long lag() {
        return Math.max(0, endOffset - committedOffset);
    }
}
