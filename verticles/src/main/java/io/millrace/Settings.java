package io.millrace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.millrace.ConfigValue.Origin;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Settings by name, from where the last one to say anything said it: the packaged defaults, a file, the environment, flags.
 */
final class Settings {

    /** A setting that cannot be used; the message says which one, where it comes from, and what it should be. */
    static final class Invalid extends RuntimeException {
        Invalid(String message) {
            super(message);
        }
    }

    private record Value(String text, Origin origin, String source) {}

    private static final String DEFAULTS = "/conf/millrace.yaml";
    private static final String ENVIRONMENT_PREFIX = "MILLRACE_";
    private static final Pattern DURATION = Pattern.compile("(\\d+)(ms|s|m|h|d)");
    private static final Pattern SIZE = Pattern.compile("(\\d+)(B|KiB|MiB|GiB)?");

    private final Map<String, Value> values = new TreeMap<>();

    private Settings() {}

    static Settings defaults() {
        var settings = new Settings();
        try (var yaml = Settings.class.getResourceAsStream(DEFAULTS)) {
            if (yaml == null) {
                throw new IllegalStateException(DEFAULTS + " is packaged with the service");
            }
            read(yaml)
                    .forEach((name, text) ->
                            settings.values.put(name, new Value(text, Origin.DEFAULT, "conf/millrace.yaml")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return settings;
    }

    Settings withFile(Path file) {
        try (var yaml = Files.newInputStream(file)) {
            read(yaml).forEach((name, text) -> with(name, text, Origin.FILE, file.toString()));
        } catch (IOException e) {
            throw new Invalid("cannot read the configuration file " + file + ": " + e.getMessage());
        }
        return this;
    }

    Settings withEnvironment(Map<String, String> environment) {
        for (var name : List.copyOf(values.keySet())) {
            var variable = variable(name);
            var text = environment.get(variable);
            if (text != null) {
                with(name, text, Origin.ENVIRONMENT, variable);
            }
        }
        return this;
    }

    private static String variable(String name) {
        return ENVIRONMENT_PREFIX
                + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    Settings with(String name, String text, Origin origin, String source) {
        if (!values.containsKey(name)) {
            throw new Invalid("%s knows a setting %s, which does not exist; those that do are in conf/millrace.yaml"
                    .formatted(source, name));
        }
        values.put(name, new Value(text, origin, source));
        return this;
    }

    /** Every setting, by name. */
    List<ConfigValue> all() {
        return values.entrySet().stream()
                .map(entry -> new ConfigValue(
                        entry.getKey(),
                        entry.getValue().text(),
                        entry.getValue().origin(),
                        entry.getValue().source()))
                .toList();
    }

    private static Map<String, String> read(InputStream yaml) throws IOException {
        var flat = new LinkedHashMap<String, String>();
        var tree = new ObjectMapper(new YAMLFactory()).readTree(yaml);
        if (tree != null) {
            flatten("", tree, flat);
        }
        return flat;
    }

    private static void flatten(String prefix, JsonNode node, Map<String, String> flat) {
        for (var field : node.properties()) {
            var name = prefix + field.getKey();
            if (field.getValue().isObject()) {
                flatten(name + ".", field.getValue(), flat);
            } else {
                flat.put(name, field.getValue().asText());
            }
        }
    }

    String text(String name) {
        var value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no setting " + name);
        }
        return value.text();
    }

    int integer(String name, int min, int max) {
        var text = text(name);
        try {
            var number = Integer.parseInt(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below, for both cases.
        }
        throw invalid(name, "a whole number from %d to %d".formatted(min, max));
    }

    boolean flag(String name) {
        return switch (text(name)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw invalid(name, "true or false");
        };
    }

    Duration duration(String name) {
        var match = DURATION.matcher(text(name));
        if (!match.matches()) {
            throw invalid(name, "a duration such as 200ms, 10s, 5m, 1h or 1d");
        }
        var number = Long.parseLong(match.group(1));
        return switch (match.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    /** A duration; null when the setting says forever. YAML takes off, which would be shorter, for false. */
    @Nullable
    Duration durationOrForever(String name) {
        return text(name).equals("forever") ? null : duration(name);
    }

    long bytes(String name) {
        var match = SIZE.matcher(text(name));
        if (!match.matches()) {
            throw invalid(name, "a size such as 64KiB, 10MiB or 1GiB");
        }
        var number = Long.parseLong(match.group(1));
        var unit = match.group(2) == null ? "B" : match.group(2);
        return number
                << switch (unit) {
                    case "KiB" -> 10;
                    case "MiB" -> 20;
                    case "GiB" -> 30;
                    default -> 0;
                };
    }

    Invalid invalid(String name, String wanted) {
        var value = values.get(name);
        return new Invalid("%s should be %s, but %s says '%s'"
                .formatted(
                        name, wanted, value == null ? "nothing" : value.source(), value == null ? "" : value.text()));
    }
}
