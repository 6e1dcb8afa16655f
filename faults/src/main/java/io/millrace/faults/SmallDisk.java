package io.millrace.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/** A disk of a few megabytes, a tmpfs, on which one folder of PostgreSQL lives, with a ballast that fills it. */
final class SmallDisk {

    private static final Duration TOP_UP = Duration.ofMillis(50);
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int PAGE_BYTES = 4096;

    private final Path folder;

    private SmallDisk(Path folder) {
        this.folder = folder;
    }

    /** Mounts one over a folder that nobody uses at the moment; what is in the folder is on the disk then. */
    static SmallDisk over(Path folder, int megabytes) {
        var beside = folder.resolveSibling(folder.getFileName() + ".moved").toString();
        Programs.require("cp", "-a", folder.toString(), beside);
        Programs.require(
                "mount", "-t", "tmpfs", "-o", "size=%dm,mode=0700".formatted(megabytes), "tmpfs", folder.toString());
        // Its owner and mode too.
        Programs.require("cp", "-a", beside + "/.", folder.toString());
        Programs.require("rm", "-r", beside);
        return new SmallDisk(folder);
    }

    /** Takes a disk away with all that is on it, and what another run left there. */
    static void unmount(Path folder) {
        Programs.run("umount", "--lazy", folder.toString());
    }

    /** Fills it to the last byte, again when something becomes free, until a time has passed. */
    void fill(Duration time) {
        var end = System.nanoTime() + time.toNanos();
        do {
            fill();
            Waiting.pass(TOP_UP);
        } while (System.nanoTime() < end);
    }

    /** Fills it to the last byte. */
    void fill() {
        try (var file = FileChannel.open(
                ballast(), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            append(file, CHUNK_BYTES);
            append(file, PAGE_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes until there is no room for another such piece. */
    private static void append(FileChannel file, int bytes) {
        try {
            while (true) {
                file.write(ByteBuffer.allocate(bytes));
            }
        } catch (IOException e) {
            // No space left on device, which is what we want.
        }
    }

    /** Gives back the room that {@link #fill} took. */
    void free() {
        try {
            Files.deleteIfExists(ballast());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path ballast() {
        return folder.resolve("ballast");
    }
}
