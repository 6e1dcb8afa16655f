package io.millrace.cli;

import io.millrace.DatabaseAccess;
import io.millrace.cli.Table.Align;
import io.millrace.pg.Migrations;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Brings the schema of the database to the newest version, or tells where it stands. */
@Command(
        name = "migrate",
        description = "Bring the schema to the newest version (DATABASE_URL, PG*, POSTGRES_*, or the embedded server).",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the schema is current", "1:it is not, or could not be reached", "2:wrong usage"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  DATABASE_URL=postgresql://owner:secret@host/millrace millrace migrate",
            "  millrace migrate --status -o json"
        })
final class MigrateCommand implements Callable<Integer> {

    @Mixin
    final HelpOption help = new HelpOption();

    @Mixin
    private final ServeOptions options = new ServeOptions();

    @Mixin
    private final OutputOption output = new OutputOption();

    @Option(
            names = "--status",
            description = "Only tell server, schemas, version and tables; exit code 1 when not current.")
    private boolean status;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private final Surroundings surroundings;

    MigrateCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws SQLException {
        try (var access = DatabaseAccess.open(options.config())) {
            var view = status ? standing(access) : migrated(access);
            var command = spec.commandLine();
            new ViewPrinter(command.getOut(), command.getErr(), output.format(), surroundings.stdout()).show(view);
            return view.exitCode();
        }
    }

    private record Migrated(int applied, boolean current) {}

    private static View migrated(DatabaseAccess access) {
        var applied = Migrations.migrate(access.jdbcUrl(), access.user(), access.password());
        var line = applied == 0
                ? "the schema is current"
                : "applied %s; the schema is current".formatted(Format.count(applied, "migration"));
        return View.of(Json.write(new Migrated(applied, true)), List.of(line));
    }

    private record Schema(String name, int tables, int views) {}

    private record Standing(
            String server, @Nullable String version, boolean current, List<String> pending, List<Schema> schemas) {}

    private static View standing(DatabaseAccess access) throws SQLException {
        var schema = Migrations.of(access.jdbcUrl(), access.user(), access.password())
                .status();
        try (var connection = access.connect()) {
            var standing = new Standing(
                    server(connection), schema.version(), schema.current(), schema.pending(), schemas(connection));
            return View.of(Json.write(standing), lines(standing))
                    .withExitCode(schema.current() ? ExitCode.OK : ExitCode.FAILED);
        }
    }

    private static List<String> lines(Standing standing) {
        var table = new Table(Align.LEFT, Align.LEFT)
                .row("server", standing.server())
                .row("version", standing.version() == null ? "none" : standing.version());
        standing.schemas()
                .forEach(schema -> table.row(
                        "schema",
                        "%s: %s, %s"
                                .formatted(
                                        schema.name(),
                                        Format.count(schema.tables(), "table"),
                                        Format.count(schema.views(), "view"))));
        standing.pending().forEach(migration -> table.row("pending", migration));
        return table.lines();
    }

    private static final String SERVER = """
            select version()
            """;

    private static String server(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var server = statement.executeQuery(SERVER)) {
            server.next();
            return server.getString(1);
        }
    }

    private static final String SCHEMAS = """
            select n.nspname, count(*) filter (where c.relkind in ('r', 'p') and not c.relispartition), count(*) filter (where c.relkind = 'v')
            from pg_namespace n
            left join pg_class c on c.relnamespace = n.oid
            where n.nspname in ('stream', 'jobs', 'lightrag', 'events')
            group by n.nspname
            order by n.nspname
            """;

    private static List<Schema> schemas(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(SCHEMAS)) {
            var schemas = new ArrayList<Schema>();
            while (rows.next()) {
                schemas.add(new Schema(rows.getString(1), rows.getInt(2), rows.getInt(3)));
            }
            return schemas;
        }
    }
}
