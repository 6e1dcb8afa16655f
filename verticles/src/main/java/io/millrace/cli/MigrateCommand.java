package io.millrace.cli;

import io.millrace.DatabaseAccess;
import io.millrace.pg.Migrations;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Brings the schema of the database to the newest version, or tells where it stands. */
@Command(
        name = "migrate",
        mixinStandardHelpOptions = true,
        description = "Bring the schema to the newest version (DATABASE_URL, PG*, POSTGRES_*, or the embedded server).")
final class MigrateCommand implements Callable<Integer> {

    @Mixin
    private final ServeOptions options = new ServeOptions();

    @Option(
            names = "--status",
            description = "Only tell server, schemas, version and tables; exit code 1 when not current.")
    private boolean status;

    @Override
    public Integer call() throws SQLException {
        try (var access = DatabaseAccess.open(options.config())) {
            if (status) {
                return tellStatus(access);
            }
            var applied = Migrations.migrate(access.jdbcUrl(), access.user(), access.password());
            System.out.println(
                    applied == 0
                            ? "the schema is current"
                            : "applied %d migrations; the schema is current".formatted(applied));
            return 0;
        }
    }

    private static final String SERVER = """
            select version()
            """;

    private static final String TABLES = """
            select n.nspname, count(*) filter (where c.relkind in ('r', 'p') and not c.relispartition), count(*) filter (where c.relkind = 'v')
            from pg_namespace n
            left join pg_class c on c.relnamespace = n.oid
            where n.nspname in ('stream', 'jobs', 'lightrag', 'events')
            group by n.nspname
            order by n.nspname
            """;

    private static int tellStatus(DatabaseAccess access) throws SQLException {
        var schema = Migrations.of(access.jdbcUrl(), access.user(), access.password())
                .status();
        try (var connection = access.connect();
                var statement = connection.createStatement()) {
            try (var server = statement.executeQuery(SERVER)) {
                server.next();
                System.out.println("server   " + server.getString(1));
            }
            System.out.println("version  " + (schema.version() == null ? "none" : schema.version()));
            try (var tables = statement.executeQuery(TABLES)) {
                while (tables.next()) {
                    System.out.printf(
                            "schema   %-9s %d tables, %d views%n",
                            tables.getString(1), tables.getInt(2), tables.getInt(3));
                }
            }
        }
        schema.pending().forEach(migration -> System.out.println("pending  " + migration));
        return schema.current() ? 0 : 1;
    }
}
