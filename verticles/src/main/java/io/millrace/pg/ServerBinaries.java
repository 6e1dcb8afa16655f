package io.millrace.pg;

import io.millrace.pg.EmbeddedServerException.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL's programs, unpacked from the jar that carries them into a cache folder.
 *
 * <p>The folder's name holds the archive's hash, so that an upgrade never runs yesterday's programs, and it appears by
 * a rename when it is whole: two processes may unpack at once, and either may be killed. What a crash of the machine may
 * still take, the content of files whose names were on disk already, shows in their sizes, and the archive is unpacked
 * again. (Forcing a thousand files to disk instead made the first start of two processes at once take 18 s rather than 4.)
 */
record ServerBinaries(Path home) {
    private static final Logger log = LoggerFactory.getLogger(ServerBinaries.class);
    private static final Pattern MAJOR_VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)");
    private static final String SIZE_FILE = "size_bytes";
    private static final Duration ABANDONED_AFTER = Duration.ofHours(1);

    static ServerBinaries unpackedIn(Path cache) {
        var archive = archive();
        var home = cache.resolve("postgresql-" + sha256(archive).substring(0, 16));
        try {
            if (Files.isDirectory(home) && !isWhole(home)) {
                log.warn("{} is damaged and is unpacked again", home);
                DataFolder.deleteTree(home);
            }
            if (!Files.isDirectory(home)) {
                unpack(archive, cache, home);
            }
            return new ServerBinaries(home.toRealPath());
        } catch (IOException e) {
            throw new EmbeddedServerException(
                    Reason.NO_BINARIES,
                    "Cannot unpack PostgreSQL's programs into %s (%s). Make room there or name another cache folder."
                            .formatted(cache, e),
                    e);
        }
    }

    Path program(String name) {
        return home.resolve("bin").resolve(name);
    }

    int majorVersion() {
        var answer = Command.run(
                home, Duration.ofSeconds(10), List.of(program("postgres").toString(), "--version"));
        var version = MAJOR_VERSION.matcher(answer.output());
        if (!answer.succeeded() || !version.find()) {
            throw new EmbeddedServerException(
                    Reason.NO_BINARIES,
                    "PostgreSQL's programs in %s do not run here: %s. Remove that folder; if it happens again, use a server of your own (DATABASE_URL)."
                            .formatted(home, answer.output()));
        }
        return Integer.parseInt(version.group(1));
    }

    /** Finds the archive by the names that zonky's jars give it: {@code postgres-<system>-<machine>.txz}. */
    private static byte[] archive() {
        var system = System.getProperty("os.name").startsWith("Mac") ? "darwin" : "linux";
        var machine = switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm_64";
            case String other -> other;
        };
        var name = "/postgres-" + system + "-" + machine + ".txz";
        try (var stream = ServerBinaries.class.getResourceAsStream(name)) {
            if (stream != null) {
                return stream.readAllBytes();
            }
        } catch (IOException e) {
            throw new EmbeddedServerException(Reason.NO_BINARIES, "Cannot read " + name + " from its jar: " + e, e);
        }
        throw new EmbeddedServerException(
                Reason.NO_BINARIES,
                "This build carries no PostgreSQL for %s on %s (%s). Use a server of your own (DATABASE_URL)."
                        .formatted(system, machine, name));
    }

    private static void unpack(byte[] archive, Path cache, Path home) throws IOException {
        Files.createDirectories(cache);
        removeAbandoned(cache);
        var beside = Files.createDirectory(cache.resolve("unpacking-" + UUID.randomUUID()));
        try {
            extract(new ByteArrayInputStream(archive), beside);
            Files.writeString(beside.resolve(SIZE_FILE), Long.toString(sizeBytes(beside)));
            Files.move(beside, home, StandardCopyOption.ATOMIC_MOVE);
            log.info("PostgreSQL's programs unpacked into {}", home);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(home)) {
                throw e;
            }
            log.debug("Another process was quicker to unpack {}", home);
        } finally {
            DataFolder.deleteTree(beside);
        }
    }

    private static void extract(InputStream archive, Path target) throws IOException {
        try (var entries = new TarArchiveInputStream(new XZCompressorInputStream(archive))) {
            for (TarArchiveEntry entry; (entry = entries.getNextEntry()) != null; ) {
                var path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("The archive wants to write outside of its folder: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.createDirectories(Objects.requireNonNull(path.getParent()));
                    Files.copy(entries, path);
                    Files.setPosixFilePermissions(path, permissions(entry.getMode()));
                }
            }
        }
    }

    /** Readable by all, because a server that root starts may run as another account. */
    private static Set<PosixFilePermission> permissions(int mode) {
        var permissions = EnumSet.of(
                PosixFilePermission.OWNER_READ,
                PosixFilePermission.OWNER_WRITE,
                PosixFilePermission.GROUP_READ,
                PosixFilePermission.OTHERS_READ);
        if ((mode & 0100) != 0) {
            permissions.add(PosixFilePermission.OWNER_EXECUTE);
            permissions.add(PosixFilePermission.GROUP_EXECUTE);
            permissions.add(PosixFilePermission.OTHERS_EXECUTE);
        }
        return permissions;
    }

    private static boolean isWhole(Path home) throws IOException {
        var file = home.resolve(SIZE_FILE);
        return Files.exists(file) && Files.readString(file).equals(Long.toString(sizeBytes(home)));
    }

    private static long sizeBytes(Path home) throws IOException {
        try (var files = Files.find(home, Integer.MAX_VALUE, (_, attributes) -> attributes.isRegularFile())) {
            return files.filter(file -> !file.endsWith(SIZE_FILE))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    /** What a killed process left half unpacked; the age spares a process that is unpacking right now. */
    private static void removeAbandoned(Path cache) throws IOException {
        var limit = Instant.now().minus(ABANDONED_AFTER);
        try (var folders = Files.newDirectoryStream(cache, "unpacking-*")) {
            for (var folder : folders) {
                if (Files.getLastModifiedTime(folder).toInstant().isBefore(limit)) {
                    DataFolder.deleteTree(folder);
                }
            }
        }
    }

    private static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(Hashes.sha256().digest(bytes));
    }
}
