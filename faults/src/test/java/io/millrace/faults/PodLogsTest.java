package io.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pod that ran out of memory is found in its log, and poison that asked for too much is not taken for one. */
class PodLogsTest {

    private static final String OUT_OF_MEMORY = "java.lang.OutOfMemoryError: Java heap space";

    @TempDir
    private Path folder;

    private List<String> found(String... lines) throws IOException {
        Files.write(folder.resolve("pod-a.log"), List.of(lines));
        return PodLogs.outOfMemory(folder);
    }

    @Test
    void memoryThatRanOutIsFound() throws IOException {
        assertThat(found(
                        "10:00:00.000 WARN  PartitionRunner  group graph partition 1 epoch 2 failed on 90 records",
                        OUT_OF_MEMORY,
                        "\tat io.millrace.graph.GraphFold.fold(GraphFold.java:31)"))
                .containsExactly("pod-a.log: " + OUT_OF_MEMORY);
        assertThat(found("Terminating due to " + OUT_OF_MEMORY)).hasSize(1);
    }

    @Test
    void poisonThatAskedForTooMuchIsNot() throws IOException {
        assertThat(found(
                        "10:00:00.000 WARN  PartitionRunner  it failed",
                        OUT_OF_MEMORY,
                        "\tat io.millrace.faults.LedgerPlugin$Records.digest(LedgerPlugin.java:76)"))
                .isEmpty();
        assertThat(found(
                        "10:00:00.000 ERROR PartitionRunner  group ledger partition 1 epoch 2 gives up on offset 7",
                        OUT_OF_MEMORY,
                        "10:00:00.001 INFO  JobVerticle  jobs ended: 3"))
                .isEmpty();
    }
}
