package io.millrace;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gathers a configuration from where it can come from, the last to speak winning: defaults, a file, the environment, flags. */
public final class ConfigSource {

    private static final String FILE_VARIABLE = "MILLRACE_CONFIG";

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
            settings.with(name, value, origin);
        }
        return this;
    }

    private void readEnvironment() {
        if (!environmentRead) {
            environmentRead = true;
            settings.withEnvironment(environment);
        }
    }

    public Config config() {
        readEnvironment();
        return Config.of(settings, environment);
    }
}
