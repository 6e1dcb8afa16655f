package io.millrace.bench;

import io.millrace.pg.DatabaseSettings;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** PostgreSQL's own load generator: clients that insert a row of the same bytes a transaction, each over a connection. */
final class PgBench {

    static final String CREATE = """
            create table pgbench_documents (
              id bigint generated always as identity,
              document text not null,
              constraint pgbench_documents_pkey primary key (id)
            )
            """;

    private static final String SCRIPT = """
            insert into pgbench_documents (document) values (:document);
            """;

    private static final Pattern RATE = Pattern.compile("tps = ([\\d.]+) \\(without initial connection time\\)");

    private final Path program;
    private final Path script;
    private final DatabaseSettings database;

    PgBench(Path program, Path script, DatabaseSettings database) {
        this.program = program;
        this.script = script;
        this.database = database;
    }

    /** In the path, or where Debian puts the newest; null when there is none. */
    static @Nullable Path find() {
        var inPath = Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .map(Path::of);
        return Stream.concat(inPath, ofDebian())
                .map(folder -> folder.resolve("pgbench"))
                .filter(Files::isExecutable)
                // Debian's in /usr/bin is a wrapper that looks for a cluster of its own.
                .filter(file -> !Files.isSymbolicLink(file))
                .findFirst()
                .orElse(null);
    }

    private static Stream<Path> ofDebian() {
        var versions = Path.of("/usr/lib/postgresql").toFile().list();
        return versions == null
                ? Stream.of()
                : Arrays.stream(versions)
                        .sorted((a, b) -> Integer.compare(Integer.parseInt(b), Integer.parseInt(a)))
                        .map(version -> Path.of("/usr/lib/postgresql", version, "bin"));
    }

    /** Transactions a second. */
    double run(int clients, Duration length, byte[] document) throws IOException {
        Files.writeString(script, SCRIPT);
        var output = Program.run(
                List.of(
                        program.toString(),
                        "--no-vacuum",
                        "--protocol=prepared",
                        "--client=" + clients,
                        "--jobs=2",
                        "--time=" + length.toSeconds(),
                        "--file=" + script,
                        "--define=document=" + new String(document, StandardCharsets.UTF_8),
                        "--host=" + database.host(),
                        "--port=" + database.port(),
                        "--username=" + database.user(),
                        database.database()),
                Map.of("PGPASSWORD", database.password()));
        return output.stream()
                .map(RATE::matcher)
                .filter(line -> line.find())
                .mapToDouble(line -> Double.parseDouble(line.group(1)))
                .findFirst()
                .orElseThrow(() -> new IOException("pgbench printed no rate:\n" + String.join("\n", output)));
    }
}
