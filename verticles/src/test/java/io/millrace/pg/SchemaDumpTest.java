package io.millrace.pg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** {@code sql/schema.sql} shows in a review what a migration changes; it must be what the migrations make. */
class SchemaDumpTest {

    private static final Path DUMP = Path.of("..", "sql", "schema.sql");
    /** Other versions print the same views and functions a little differently. */
    private static final int MAJOR_VERSION = 18;

    @Test
    void theDumpIsWhatTheMigrationsMake() throws SQLException, IOException {
        try (var database = TestDatabase.create();
                var connection = database.connect()) {
            assumeThat(connection.getMetaData().getDatabaseMajorVersion()).isEqualTo(MAJOR_VERSION);

            var dump = SchemaDump.of(connection);

            if (Boolean.getBoolean("millrace.update-schema")) {
                Files.writeString(DUMP, dump);
            }
            assertThat(dump)
                    .as("sql/schema.sql; -Dmillrace.update-schema=true writes it anew")
                    .isEqualTo(Files.readString(DUMP));
        }
    }

    @Test
    void aChangedColumnShows() throws SQLException {
        try (var database = TestDatabase.create();
                var connection = database.connect();
                var statement = connection.createStatement()) {
            var before = SchemaDump.of(connection);

            statement.execute("alter table jobs.totals add column planted int not null default 7");

            assertThat(SchemaDump.of(connection)).isNotEqualTo(before).contains("  planted integer not null default 7");
        }
    }
}
