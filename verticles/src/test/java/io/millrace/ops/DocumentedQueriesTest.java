package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.millrace.pg.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The queries that {@code docs/sql.md} offers run on the schema of the day. */
class DocumentedQueriesTest {

    private static final Path PAGE = Path.of("..", "docs", "sql.md");
    private static final Pattern QUERY = Pattern.compile("```sql\\n(.*?)```", Pattern.DOTALL);

    @Test
    void everyQueryRuns() throws IOException, SQLException {
        var queries = QUERY.matcher(Files.readString(PAGE))
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
        assertThat(queries).hasSizeGreaterThan(15);

        try (var database = TestDatabase.create();
                var connection = database.connect();
                var statement = connection.createStatement()) {
            for (var query : queries) {
                assertThatCode(() -> statement.executeQuery(query).close())
                        .as(query)
                        .doesNotThrowAnyException();
            }
        }
    }
}
