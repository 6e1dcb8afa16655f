package io.millrace.faults;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What this machine has to break things with. A fault whose means are missing is left out, and the report says so.
 *
 * @param fakeTime libfaketime
 * @param pooler PgBouncer
 * @param compiler of C
 * @param mounts whether we may mount a tmpfs
 */
record Machine(Optional<Path> fakeTime, Optional<Path> pooler, Optional<Path> compiler, boolean mounts) {

    /** Nothing of it all. */
    static final Machine BARE = new Machine(Optional.empty(), Optional.empty(), Optional.empty(), false);

    static Machine probe() {
        return new Machine(findFakeTime(), Programs.find("pgbouncer"), Programs.find("cc"), canMount());
    }

    /** The one for processes with threads, which serves the others too. */
    private static Optional<Path> findFakeTime() {
        return Stream.of(Path.of("/usr/lib"), Path.of("/usr/lib64"), Path.of("/usr/local/lib"))
                .flatMap(lib -> Stream.concat(Stream.of(lib), subfolders(lib)))
                .map(lib -> lib.resolve("faketime/libfaketimeMT.so.1"))
                .filter(Files::isReadable)
                .findFirst();
    }

    private static Stream<Path> subfolders(Path folder) {
        if (!Files.isDirectory(folder)) {
            return Stream.of();
        }
        try (var list = Files.list(folder)) {
            return list.filter(path -> path.toString().contains("-linux-")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean canMount() {
        if (new UnixSystem().getUid() != 0) {
            return false;
        }
        try {
            var folder = Files.createTempDirectory("millrace-faults");
            var mounted = Programs.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.toString()) == 0;
            if (mounted) {
                Programs.run("umount", folder.toString());
            }
            Files.delete(folder);
            return mounted;
        } catch (IOException e) {
            return false;
        }
    }

    /** What is missing for a fault, in words; empty when nothing is. */
    Optional<String> lacks(Fault fault) {
        return switch (fault.means()) {
            case NONE -> Optional.empty();
            case FAKE_TIME -> missing(fakeTime.isPresent(), "libfaketime is not installed");
            case POOLER -> missing(pooler.isPresent(), "PgBouncer is not installed");
            case SMALL_DISKS -> missing(mounts, "no tmpfs can be mounted; only root may");
            case SLOW_FSYNC -> missing(compiler.isPresent(), "there is no C compiler");
        };
    }

    private static Optional<String> missing(boolean there, String what) {
        return there ? Optional.empty() : Optional.of(what);
    }
}
