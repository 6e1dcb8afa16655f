package io.millrace.pg;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.StringEntry;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Every statement that the service sends, prepared on the migrated schema: a misspelt column fails here, not in the one
 * path that uses it. The statements are taken from the string constants of the compiled classes, so none can be forgotten.
 */
class StatementsTest {

    private static final Pattern STATEMENT = Pattern.compile(
            "\\s*(select\\s|insert\\s+into\\s|update\\s+\\w+\\.|delete\\s+from\\s|with\\s+\\w+(\\s*\\([\\w\\s,]+\\))?\\s+as\\s).*",
            Pattern.DOTALL);
    private static final Pattern JDBC_PLACEHOLDER = Pattern.compile("\\?");

    private static final String WHOLE = " select 1";

    @Test
    void everyStatementFitsTheSchema() throws Exception {
        var statements = statements(Path.of(Database.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI()));
        var failures = new TreeSet<String>();
        try (var database = TestDatabase.create();
                var connection = database.connect()) {
            for (var statement : statements.entrySet()) {
                prepare(connection, statement.getKey(), statement.getValue(), failures);
            }
        }
        System.out.println("prepared " + statements.size() + " statements");
        assertThat(statements).hasSizeGreaterThan(30);
        assertThat(failures).isEmpty();
    }

    @Test
    void aMisspeltColumnIsFound() throws SQLException {
        var failures = new TreeSet<String>();
        try (var database = TestDatabase.create();
                var connection = database.connect()) {
            prepare(connection, "select idd from jobs.job_status where id = ?", "planted", failures);
        }
        assertThat(failures).singleElement().asString().startsWith("planted: ").contains("idd");
    }

    private static void prepare(Connection connection, String sql, String origin, Set<String> failures)
            throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("prepare tried as " + numbered(sql));
            statement.execute("deallocate tried");
        } catch (SQLException e) {
            // The beginning of several statements, which stands alone as a constant: any query makes it whole.
            if (sql.strip().startsWith("with ") && !sql.endsWith(WHOLE)) {
                prepare(connection, sql + WHOLE, origin, failures);
                return;
            }
            failures.add("%s: %s%n%s".formatted(origin, e.getMessage(), sql.strip()));
        }
    }

    private static String numbered(String sql) {
        if (sql.contains("$1")) {
            return sql;
        }
        var count = new int[1];
        return JDBC_PLACEHOLDER.matcher(sql).replaceAll(placeholder -> "\\$" + ++count[0]);
    }

    /** Statement to the first class that holds it. */
    private static Map<String, String> statements(Path classes) throws IOException, URISyntaxException {
        var statements = new TreeMap<String, String>();
        try (var files = Files.walk(classes.resolve("io/millrace"))) {
            for (var file : (Iterable<Path>)
                    files.filter(path -> path.toString().endsWith(".class")).sorted()::iterator) {
                for (var entry : ClassFile.of().parse(file).constantPool()) {
                    if (entry instanceof StringEntry string
                            && STATEMENT.matcher(string.stringValue()).matches()) {
                        statements.putIfAbsent(
                                string.stringValue(), file.getFileName().toString());
                    }
                }
            }
        }
        dropBeginnings(statements);
        return statements;
    }

    /** The compiler also keeps the beginning that several statements share; it is prepared as a part of each of them. */
    private static void dropBeginnings(NavigableMap<String, String> statements) {
        for (var text : List.copyOf(statements.keySet())) {
            var next = statements.higherKey(text);
            if (next != null && next.startsWith(text)) {
                statements.remove(text);
            }
        }
    }
}
