package io.millrace.cli;

import io.millrace.Config;
import io.millrace.ConfigSource;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the commands that run a pod or reach its database. */
final class ServeOptions {

    /** What no shell takes for anything but itself. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./:@%+=,-]+");

    @Option(names = "--config", paramLabel = "FILE", description = "Settings that differ from the defaults, as YAML.")
    private @Nullable Path config;

    @Option(names = "--data-dir", paramLabel = "DIR", description = "Where the embedded PostgreSQL keeps its data.")
    private @Nullable String dataDir;

    @Option(names = "--port", paramLabel = "PORT", description = "Port to listen on; 0 for any free one.")
    private @Nullable String port;

    @Option(names = "--host", paramLabel = "HOST", description = "Address to listen on; loopback by default.")
    private @Nullable String host;

    @Option(
            names = "--stages",
            paramLabel = "LIST",
            description = "Stages that this pod runs: ingest,chunk,extract,graph,stats.")
    private @Nullable String stages;

    Config config() {
        return source(System.getenv()).config();
    }

    /** The options among these that say which database is meant, as they have to be given to another command. */
    String databaseArguments() {
        return argument("--config", config == null ? null : config.toString()) + argument("--data-dir", dataDir);
    }

    private static String argument(String name, @Nullable String value) {
        if (value == null) {
            return "";
        }
        var plain = PLAIN.matcher(value).matches();
        return " " + name + " " + (plain ? value : "'" + value.replace("'", "'\\''") + "'");
    }

    ConfigSource source(Map<String, String> environment) {
        return new ConfigSource(environment)
                .file(config)
                .flag("embedded.data-dir", dataDir, "--data-dir")
                .flag("http.port", port, "--port")
                .flag("http.host", host, "--host")
                .flag("stages", stages, "--stages");
    }
}
