package io.millrace.pg;

import java.util.Arrays;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.jspecify.annotations.Nullable;

/** Schema changes, forward only, by Flyway from {@code sql/}. Blocks: never on an event loop. */
public final class Migrations {

    private static final String LOCATION = "classpath:db/migration";

    private final Flyway flyway;

    private Migrations(Flyway flyway) {
        this.flyway = flyway;
    }

    public static Migrations of(String jdbcUrl, String user, String password) {
        return new Migrations(Flyway.configure()
                .dataSource(jdbcUrl, user, password)
                .locations(LOCATION)
                .failOnMissingLocations(true)
                .defaultSchema("public")
                .table("millrace_migrations")
                // An administrator may have made the schemas already; version 0 says that nothing of ours is in them.
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .load());
    }

    /** Brings the schema to the newest version; gives how many migrations that took. */
    public static int migrate(String jdbcUrl, String user, String password) {
        return of(jdbcUrl, user, password).flyway.migrate().migrationsExecuted;
    }

    /** Where the schema stands: its version (null when nothing has been applied), and what is still to be applied. */
    public record Status(@Nullable String version, List<String> pending) {
        public boolean current() {
            return pending.isEmpty();
        }
    }

    public Status status() {
        var info = flyway.info();
        var current = info.current();
        return new Status(
                current == null || current.getVersion() == null
                        ? null
                        : current.getVersion().toString(),
                Arrays.stream(info.pending()).map(Migrations::describe).toList());
    }

    private static String describe(MigrationInfo migration) {
        return "V" + migration.getVersion() + " " + migration.getDescription();
    }
}
