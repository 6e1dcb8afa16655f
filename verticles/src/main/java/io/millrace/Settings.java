package io.millrace;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
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
import java.time.temporal.ChronoUnit;
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

    /** Seconds of it fit an int, which is what the pool counts in, and nanoseconds a long. */
    private static final Duration LONGEST = Duration.ofDays(10_000);

    private static final ObjectMapper YAML = new ObjectMapper(YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build());

    private final Map<String, Value> values = new TreeMap<>();

    private Settings() {}

    static Settings defaults() {
        var settings = new Settings();
        try (var yaml = Settings.class.getResourceAsStream(DEFAULTS)) {
            if (yaml == null) {
                throw new IllegalStateException(DEFAULTS + " is packaged with the service");
            }
            settings.read(yaml, "conf/millrace.yaml")
                    .forEach((name, text) ->
                            settings.values.put(name, new Value(text, Origin.DEFAULT, "conf/millrace.yaml")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return settings;
    }

    Settings withFile(Path file) {
        try (var yaml = Files.newInputStream(file)) {
            read(yaml, file.toString()).forEach((name, text) -> with(name, text, Origin.FILE, file.toString()));
        } catch (JacksonException e) {
            var at = e.getLocation();
            throw new Invalid("%s is no configuration%s: %s"
                    .formatted(file, at == null ? "" : ", line " + at.getLineNr(), e.getOriginalMessage()));
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

    /** What is not taken over ends the start, since a setting that is silently ignored looks as if it were in force. */
    private Map<String, String> read(InputStream yaml, String source) throws IOException {
        var flat = new LinkedHashMap<String, String>();
        try (var parser = YAML.createParser(yaml)) {
            JsonNode tree = YAML.readTree(parser);
            if (tree != null && tree.isObject()) {
                flatten("", tree, flat, source);
            } else if (tree != null && !saysNothing(tree)) {
                throw new Invalid(source + " should have names with values, such as http: {port: 8080}");
            }
            if (parser.nextToken() != null) {
                throw new Invalid(source + " should be one YAML document, but has another one after ---");
            }
        }
        return flat;
    }

    private static boolean saysNothing(JsonNode tree) {
        return tree.isNull() || (tree.isTextual() && tree.textValue().isEmpty());
    }

    private void flatten(String prefix, JsonNode node, Map<String, String> flat, String source) {
        for (var field : node.properties()) {
            var name = prefix + field.getKey();
            var value = field.getValue();
            if (value.isObject() && !values.containsKey(name)) {
                flatten(name + ".", value, flat, source);
            } else if (value.isContainerNode()) {
                throw new Invalid("%s should be one value, but %s has several; a list is written with commas, in quotes"
                        .formatted(name, source));
            } else if (value.isNull()) {
                throw new Invalid("%s has no value in %s; an empty one is written \"\"".formatted(name, source));
            } else if (flat.put(name, value.asText()) != null) {
                throw new Invalid("%s is set twice in %s".formatted(name, source));
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

    /** A text that has to be there. In YAML, {@code host:} with nothing behind it reads as an empty one. */
    String text(String name, String wanted) {
        if (text(name).isBlank()) {
            throw invalid(name, wanted);
        }
        return text(name);
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

    /** At least a millisecond: a timer takes no less, and PostgreSQL takes 0 for no limit at all. */
    Duration duration(String name) {
        return duration(name, Duration.ofMillis(1));
    }

    /** Refused when it is shorter, or longer than any of the clients of these settings can count. */
    Duration duration(String name, Duration shortest) {
        var match = DURATION.matcher(text(name));
        if (!match.matches()) {
            throw invalid(name, "a duration such as 200ms, 10s, 5m, 1h or 1d");
        }
        var unit = switch (match.group(2)) {
            case "ms" -> ChronoUnit.MILLIS;
            case "s" -> ChronoUnit.SECONDS;
            case "m" -> ChronoUnit.MINUTES;
            case "h" -> ChronoUnit.HOURS;
            default -> ChronoUnit.DAYS;
        };
        try {
            var duration = Duration.of(Long.parseLong(match.group(1)), unit);
            if (duration.compareTo(shortest) >= 0 && duration.compareTo(LONGEST) <= 0) {
                return duration;
            }
        } catch (ArithmeticException | NumberFormatException e) {
            // Said below, for all cases.
        }
        throw invalid(name, "a duration from %s to %dd".formatted(said(shortest), LONGEST.toDays()));
    }

    private static String said(Duration duration) {
        return duration.toMillisPart() == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
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
        var unit = switch (match.group(2)) {
            case "KiB" -> 1L << 10;
            case "MiB" -> 1L << 20;
            case "GiB" -> 1L << 30;
            case null, default -> 1L;
        };
        try {
            return Math.multiplyExact(Long.parseLong(match.group(1)), unit);
        } catch (ArithmeticException | NumberFormatException e) {
            throw invalid(name, "a size that a machine can have, such as 64KiB, 10MiB or 1GiB");
        }
    }

    Invalid invalid(String name, String wanted) {
        var value = values.get(name);
        return new Invalid("%s should be %s, but %s says '%s'"
                .formatted(
                        name, wanted, value == null ? "nothing" : value.source(), value == null ? "" : value.text()));
    }
}
