package io.millrace.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * The wall clock of a process and its children, which can be moved while they run: libfaketime adds an offset, and reads it
 * from a file each time somebody asks for the time. Clocks that only run forward (timeouts, the JVM's nanoTime) stay right,
 * as they do when an administrator sets a clock.
 */
final class FaultyClock {

    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private final Path library;
    private final Path file;

    /** @param file where the offset is kept; it is made anew */
    FaultyClock(Path library, Path file) {
        this.library = library;
        this.file = file.toAbsolutePath();
        set(Duration.ZERO);
    }

    Preload preload() {
        return new Preload(
                library,
                Map.of(
                        "FAKETIME_TIMESTAMP_FILE", file.toString(),
                        "FAKETIME_NO_CACHE", "1",
                        "FAKETIME_DONT_FAKE_MONOTONIC", "1",
                        "DONT_FAKE_MONOTONIC", "1",
                        // With it every timed wait of a JVM ended at once after the first move.
                        "FAKETIME_FORCE_MONOTONIC_FIX", "0",
                        "NO_FAKE_STAT", "1"));
    }

    /** From now on the clock is so far off; a negative offset is behind. */
    void set(Duration offset) {
        try {
            Folders.replace(file, "%+d\n".formatted(offset.toSeconds()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes what the library keeps in shared memory of a process that has ended, which a killed one leaves there. */
    static void forget(long pid) {
        try {
            Files.deleteIfExists(SHARED_MEMORY.resolve("faketime_shm_" + pid));
            Files.deleteIfExists(SHARED_MEMORY.resolve("sem.faketime_sem_" + pid));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
