package io.millrace.stream;

import java.util.List;

/**
 * Where a group stands, as of the last tick.
 *
 * @param share how many partitions are this member's fair share
 * @param members members whose lease counts
 */
public record GroupState(String group, String topic, int share, int members, List<PartitionState> partitions) {

    public GroupState {
        partitions = List.copyOf(partitions);
    }

    public long lag() {
        return partitions.stream().mapToLong(PartitionState::lag).sum();
    }
}
