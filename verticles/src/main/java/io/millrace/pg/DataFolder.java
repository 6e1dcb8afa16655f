package io.millrace.pg;

import com.sun.security.auth.module.UnixSystem;
import io.millrace.pg.EmbeddedServerException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The folder that holds an embedded server between runs: the cluster ({@code pg}), the password, the server's log, and
 * the lock of the process that owns it. As long as this object is open, no other process of Millrace uses the folder.
 */
final class DataFolder implements AutoCloseable {
    /**
     * Folders that this process holds. POSIX drops a process's lock as soon as the process closes any descriptor of the
     * file, so a second opening in the same process must be refused before it touches the lock file.
     */
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    private static final int PASSWORD_BYTES = 32;
    private static final int STATUS_LINE = 7;
    private static final long LOG_LIMIT_BYTES = 16L << 20;

    private final Path path;
    private final FileChannel lock;

    private DataFolder(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Creates the folder when it is missing, and locks it. */
    static DataFolder open(Path dir) {
        try {
            if (!Files.isDirectory(dir)) {
                createPrivate(dir);
            }
            var path = dir.toRealPath();
            requireUsable(path);
            return new DataFolder(path, lock(path));
        } catch (IOException e) {
            throw unusable(dir, "it cannot be used (" + e + ")", e);
        }
    }

    Path path() {
        return path;
    }

    Path cluster() {
        return path.resolve("pg");
    }

    boolean hasCluster() {
        return Files.isRegularFile(versionFile());
    }

    int ownerUid() {
        return owner("uid");
    }

    int ownerGid() {
        return owner("gid");
    }

    /** Gives the folder and everything in it to the account that the server is going to run as. */
    void handOver(ServerAccount.Other account) {
        try (var files = Files.walk(path)) {
            for (var file : (Iterable<Path>) files::iterator) {
                if (ServerAccount.owner(file, "uid") != account.uid()) {
                    Files.setAttribute(file, "unix:uid", account.uid(), LinkOption.NOFOLLOW_LINKS);
                    Files.setAttribute(file, "unix:gid", account.gid(), LinkOption.NOFOLLOW_LINKS);
                }
            }
        } catch (IOException e) {
            throw unusable(path, "it cannot be given to the account " + account.uid() + " (" + e + ")", e);
        }
    }

    /** A cluster can be opened by the major version that made it, and by no other. */
    void requireVersion(int majorVersion) {
        if (!hasCluster()) {
            return;
        }
        try {
            var found = Files.readString(versionFile()).strip();
            if (!found.equals(Integer.toString(majorVersion))) {
                throw new EmbeddedServerException(
                        Reason.OTHER_VERSION,
                        "The data in %s was made by PostgreSQL %s, but this is PostgreSQL %d. Bring it over with pg_upgrade or a dump taken with version %s, or name another folder (--data-dir)."
                                .formatted(path, found, majorVersion, found));
            }
        } catch (IOException e) {
            throw unusable(path, "the cluster's version cannot be read (" + e + ")", e);
        }
    }

    /** The file with the password, made before the cluster that is going to know it. */
    Path passwordFile() {
        var file = path.resolve("password");
        if (Files.exists(file)) {
            return file;
        }
        if (hasCluster()) {
            throw unusable(
                    path,
                    "its file `password` is gone, and without it nobody can log in. Put it back from a backup",
                    null);
        }
        try {
            var password = new byte[PASSWORD_BYTES];
            new SecureRandom().nextBytes(password);
            writeOnce(file, Base64.getUrlEncoder().withoutPadding().encodeToString(password));
            return file;
        } catch (IOException e) {
            throw unusable(path, "the password cannot be written (" + e + ")", e);
        }
    }

    String password() {
        try {
            return Files.readString(passwordFile()).strip();
        } catch (IOException e) {
            throw unusable(path, "the password cannot be read (" + e + ")", e);
        }
    }

    /** A fresh place for {@code initdb}, after what an earlier one left behind is gone. */
    Path newCluster() {
        try {
            try (var leftovers = Files.newDirectoryStream(path, "pg.tmp-*")) {
                for (var leftover : leftovers) {
                    deleteTree(leftover);
                }
            }
            return path.resolve("pg.tmp-" + ProcessHandle.current().pid());
        } catch (IOException e) {
            throw unusable(path, "what an interrupted start left there cannot be removed (" + e + ")", e);
        }
    }

    /** Makes a finished cluster the folder's cluster, in one step. */
    void adopt(Path newCluster) {
        try {
            Files.move(newCluster, cluster(), StandardCopyOption.ATOMIC_MOVE);
            force(path);
        } catch (IOException e) {
            throw unusable(path, "the new cluster cannot be put in place (" + e + ")", e);
        }
    }

    /** What {@code postmaster.pid} says: a process that may be dead by now, and whether it let clients in. */
    record RecordedPostmaster(long pid, boolean ready) {}

    /** Empty as well while PostgreSQL is writing the file. */
    Optional<RecordedPostmaster> recordedPostmaster() {
        try {
            var lines = Files.readAllLines(postmasterFile());
            var ready =
                    lines.size() > STATUS_LINE && lines.get(STATUS_LINE).strip().equals("ready");
            return Optional.of(
                    new RecordedPostmaster(Long.parseLong(lines.getFirst().strip()), ready));
        } catch (NoSuchFileException | NoSuchElementException | NumberFormatException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw unusable(path, "pg/postmaster.pid cannot be read (" + e + ")", e);
        }
    }

    /** Removes the record of a server that is known to be gone. */
    void forgetPostmaster() {
        try {
            Files.deleteIfExists(postmasterFile());
        } catch (IOException e) {
            throw unusable(path, "pg/postmaster.pid cannot be removed (" + e + ")", e);
        }
    }

    /** Where the server writes what it has to say; one old file is kept when it has grown. */
    Path logFile() {
        var file = path.resolve("postgres.log");
        try {
            if (Files.exists(file) && Files.size(file) > LOG_LIMIT_BYTES) {
                Files.move(file, path.resolve("postgres.log.1"), StandardCopyOption.REPLACE_EXISTING);
            }
            if (!Files.exists(file)) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            return file;
        } catch (IOException e) {
            throw unusable(path, "postgres.log cannot be written (" + e + ")", e);
        }
    }

    /** Lets go of the folder. The server has to be stopped before, or another process stops it. */
    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            HELD_HERE.remove(path);
        }
    }

    private Path versionFile() {
        return cluster().resolve("PG_VERSION");
    }

    private Path postmasterFile() {
        return cluster().resolve("postmaster.pid");
    }

    /** The cluster's owner where there is a cluster, since its files are what the server has to open. */
    private int owner(String which) {
        try {
            return ServerAccount.owner(hasCluster() ? cluster() : path, which);
        } catch (IOException e) {
            throw unusable(path, "its owner cannot be read (" + e + ")", e);
        }
    }

    private static void createPrivate(Path dir) throws IOException {
        if (Files.exists(dir)) {
            throw unusable(dir, "it is not a folder", null);
        }
        var absolute = dir.toAbsolutePath().normalize();
        Files.createDirectories(Objects.requireNonNullElse(absolute.getParent(), absolute));
        Files.createDirectory(
                absolute, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** Says early and clearly what PostgreSQL would say late: a cluster must belong to the account that runs it. */
    private static void requireUsable(Path path) throws IOException {
        var us = new UnixSystem();
        var cluster = path.resolve("pg");
        var hasCluster = Files.exists(cluster);
        var ours = us.getUid() == 0 || !hasCluster || ServerAccount.owner(cluster, "uid") == us.getUid();
        if (!ours || !Files.isWritable(path)) {
            throw unusable(
                    path,
                    "it belongs to the account %s, and this process runs as %s and may not use it"
                            .formatted(
                                    Files.getOwner(hasCluster ? cluster : path).getName(), us.getUsername()),
                    null);
        }
    }

    private static FileChannel lock(Path path) throws IOException {
        if (!HELD_HERE.add(path)) {
            throw inUse(path, Long.toString(ProcessHandle.current().pid()));
        }
        var file = path.resolve("lock");
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                throw inUse(path, Files.readString(file).strip());
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
            return channel;
        } catch (IOException | RuntimeException e) {
            HELD_HERE.remove(path);
            if (channel != null) {
                channel.close();
            }
            throw e;
        }
    }

    private static EmbeddedServerException inUse(Path path, String pid) {
        return new EmbeddedServerException(
                Reason.FOLDER_IN_USE,
                "Another millrace runs on %s (pid %s). Stop it, or name another folder (--data-dir)."
                        .formatted(path, pid));
    }

    private static EmbeddedServerException unusable(Path path, String why, @Nullable Throwable cause) {
        return new EmbeddedServerException(
                Reason.FOLDER_UNUSABLE,
                "The data folder %s is of no use: %s. Run as the account that owns it, or name another folder (--data-dir)."
                        .formatted(path, why),
                cause);
    }

    /** Writes a private file that is either whole or absent. */
    private static void writeOnce(Path file, String content) throws IOException {
        var beside = file.resolveSibling(file.getFileName() + ".tmp");
        Files.deleteIfExists(beside);
        Files.createFile(beside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (var channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap((content + "\n").getBytes(StandardCharsets.US_ASCII)));
            channel.force(true);
        }
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        force(Objects.requireNonNull(file.getParent()));
    }

    /** Makes the names in a folder durable: a rename alone may be undone by a crash of the machine. */
    static void force(Path folder) throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure) throws IOException {
                Files.delete(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
