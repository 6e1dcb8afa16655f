package io.millrace;

import io.millrace.ConfigValue.Origin;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Gathers a configuration from where it can come from, the last to speak winning: defaults, a file, the environment, flags. */
public final class ConfigSource {

    private static final String FILE_VARIABLE = "MILLRACE_CONFIG";

    private static final String DATABASE = "database.url";
    private static final String MASK = "****";

    /** Up to the last @, since a password may hold one that nobody encoded. */
    private static final Pattern PASSWORD = Pattern.compile("(://[^:@/?]*):.*@");

    private static final Pattern PASSWORD_PARAMETER = Pattern.compile("([?&][a-z]*password=)[^&]*");

    private final Map<String, String> environment;
    private final Settings settings = Settings.defaults();
    private boolean environmentRead;

    public ConfigSource(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** A file of settings; null for the one that MILLRACE_CONFIG names, if any. */
    public ConfigSource file(@Nullable Path given) {
        var named = environment.get(FILE_VARIABLE);
        if (given != null) {
            settings.withFile(given);
        } else if (named != null) {
            settings.withFile(Path.of(named));
        }
        return this;
    }

    /** A flag of the command line; null when it was not given. */
    public ConfigSource flag(String name, @Nullable String value, String origin) {
        readEnvironment();
        if (value != null) {
            settings.with(name, value, Origin.OPTION, origin);
        }
        return this;
    }

    private void readEnvironment() {
        if (!environmentRead) {
            environmentRead = true;
            settings.withEnvironment(environment);
        }
    }

    /** Every setting with the value that counts and who said it, by name; also those that make no good configuration. */
    public List<ConfigValue> values() {
        readEnvironment();
        return settings.all().stream()
                .map(value -> value.name().equals(DATABASE) ? database(value) : value)
                .toList();
    }

    /** The database has variables of its own, which count where the setting is empty. */
    private ConfigValue database(ConfigValue setting) {
        if (!setting.value().isEmpty()) {
            return new ConfigValue(DATABASE, masked(setting.value()), setting.origin(), setting.source());
        }
        var url = environment.getOrDefault("DATABASE_URL", "");
        if (!url.isEmpty()) {
            return new ConfigValue(DATABASE, masked(url), Origin.ENVIRONMENT, "DATABASE_URL");
        }
        if (environment.containsKey("PGHOST")) {
            return new ConfigValue(
                    DATABASE,
                    url("PGUSER", "PGPASSWORD", "PGHOST", "PGPORT", "PGDATABASE"),
                    Origin.ENVIRONMENT,
                    "PGHOST and other PG variables");
        }
        return environment.containsKey("POSTGRES_HOST")
                ? new ConfigValue(
                        DATABASE,
                        url("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_DB"),
                        Origin.ENVIRONMENT,
                        "POSTGRES_HOST and other POSTGRES variables")
                : setting;
    }

    private String url(String user, String password, String host, String port, String database) {
        return "postgresql://%s%s@%s:%s/%s"
                .formatted(
                        environment.getOrDefault(user, ""),
                        environment.containsKey(password) ? ":" + MASK : "",
                        environment.get(host),
                        environment.getOrDefault(port, "5432"),
                        environment.getOrDefault(database, ""));
    }

    private static String masked(String url) {
        var withoutPassword = PASSWORD.matcher(url).replaceFirst("$1:" + MASK + "@");
        return PASSWORD_PARAMETER.matcher(withoutPassword).replaceAll("$1" + MASK);
    }

    public Config config() {
        readEnvironment();
        return Config.of(settings, environment);
    }
}
