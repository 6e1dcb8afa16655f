package io.millrace.faults;

import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** The PostgreSQL servers of a run, each started when the first seed needs it: one on the disk, one on small disks. */
final class Servers implements AutoCloseable {

    private final Path target;
    private final Machine machine;
    private @Nullable OwnedPostgres onDisk;
    private @Nullable OwnedPostgres onSmallDisks;

    Servers(Path target, Machine machine) {
        this.target = target;
        this.machine = machine;
    }

    OwnedPostgres server(boolean smallDisks) throws SQLException {
        return smallDisks ? onSmallDisks() : onDisk();
    }

    private OwnedPostgres onDisk() throws SQLException {
        var started = onDisk != null ? onDisk : OwnedPostgres.start(target.resolve("faults-data"), machine, false);
        onDisk = started;
        return started;
    }

    private OwnedPostgres onSmallDisks() throws SQLException {
        var started = onSmallDisks != null
                ? onSmallDisks
                : OwnedPostgres.start(target.resolve("faults-small-disks"), machine, true);
        onSmallDisks = started;
        return started;
    }

    @Override
    public void close() {
        if (onDisk != null) {
            onDisk.close();
        }
        if (onSmallDisks != null) {
            onSmallDisks.close();
        }
    }
}
