package io.millrace.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * A disk whose fsync can be made slow: a library of a few lines of C, compiled when the harness starts, waits before each
 * fsync that PostgreSQL makes. So COMMITs wait where they do on a slow disk, holding what they hold there.
 */
final class SlowFsync {

    private final Path library;
    private final Path file;

    /** @param folder where library and delay are kept */
    SlowFsync(Path compiler, Path folder) {
        this.library = folder.toAbsolutePath().resolve("slow_fsync.so");
        this.file = folder.toAbsolutePath().resolve("slow_fsync.millis");
        var source = folder.toAbsolutePath().resolve("slow_fsync.c");
        try (var resource = Objects.requireNonNull(SlowFsync.class.getResourceAsStream("slow_fsync.c"))) {
            Files.copy(resource, source, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Programs.require(
                compiler.toString(),
                "-shared",
                "-fPIC",
                "-O",
                "-o",
                library.toString(),
                source.toString(),
                // Where the C library is older than 2.34.
                "-ldl");
        set(Duration.ZERO);
    }

    Preload preload() {
        return new Preload(library, Map.of("SLOW_FSYNC_FILE", file.toString()));
    }

    /** From now on each fsync takes so much longer. */
    void set(Duration delay) {
        try {
            Folders.replace(file, delay.toMillis() + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
