package io.millrace.pg;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * {@code sql/public-views.txt} is what other people's SQL relies on: every view, and the table of jobs, with the columns and
 * their types. What stands there stays; what is new has to be added, so that it stays from then on.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PublicViewsTest {

    private static final Path GOLDEN = Path.of("..", "sql", "public-views.txt");

    private final TestDatabase database = TestDatabase.create();
    private Connection connection;

    @BeforeAll
    void connect() throws SQLException {
        connection = database.connect();
    }

    @AfterAll
    void close() throws SQLException {
        connection.close();
        database.close();
    }

    /** Without what a rebuild of the graph makes on its way. */
    private static final String COLUMNS = """
            select format('%s.%s.%s %s', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod)),
              col_description(c.oid, a.attnum) is null
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where n.nspname in ('jobs', 'lightrag', 'events', 'stream') and (c.relkind = 'v' or c.oid = 'jobs.job_status'::regclass)
              and not starts_with(c.relname, 'rebuilt_')
            """;

    private List<String> columns(boolean withoutComment) throws SQLException {
        var columns = new TreeSet<String>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(COLUMNS)) {
            while (rows.next()) {
                if (!withoutComment || rows.getBoolean(2)) {
                    columns.add(rows.getString(1));
                }
            }
        }
        return List.copyOf(columns);
    }

    private static List<String> broken(List<String> promised, List<String> actual) {
        var broken = new ArrayList<>(promised);
        broken.removeAll(actual);
        return broken;
    }

    @Test
    void whatWasPromisedIsThere() throws SQLException, IOException {
        var promised = Files.readAllLines(GOLDEN);
        var actual = columns(false);

        assertThat(broken(promised, actual))
                .as("columns that are gone or have another type: a breaking change for whoever reads them")
                .isEmpty();
        if (Boolean.getBoolean("millrace.update-schema")) {
            Files.write(GOLDEN, actual);
        }
        assertThat(Files.readAllLines(GOLDEN))
                .as("sql/public-views.txt; -Dmillrace.update-schema=true adds what is new")
                .isEqualTo(actual);
    }

    @Test
    void aColumnThatIsGoneOrHasAnotherTypeIsFound() throws SQLException, IOException {
        var promised = Files.readAllLines(GOLDEN);
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute("drop view stream.lag");
            statement.execute("alter table jobs.job_status alter column error_message type varchar(10)");

            assertThat(broken(promised, columns(false)))
                    .contains("stream.lag.lag bigint", "jobs.job_status.error_message text");
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    @Test
    void everyColumnSaysWhatItMeans() throws SQLException {
        assertThat(columns(true)).isEmpty();
    }
}
