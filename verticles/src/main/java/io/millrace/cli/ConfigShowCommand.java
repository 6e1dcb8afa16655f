package io.millrace.cli;

import io.millrace.ConfigSource;
import io.millrace.ConfigValue;
import io.millrace.cli.Table.Align;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code millrace config show}: what a pod would run with that is started here, with these options. */
@Command(
        name = "show",
        description = {
            "Show every setting: its value, and whether a default, a file, the environment or an option said so.",
            "",
            "It is what `serve` would run with here, given the same options; passwords are masked. conf/millrace.yaml"
                    + " explains each setting."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:shown", "1:shown, but a pod would not start with it", "2:wrong usage"},
        footerHeading = "%nExamples:%n",
        footer = {"  millrace config show", "  MILLRACE_HTTP_PORT=9000 millrace config show --config my.yaml -o jsonl"})
final class ConfigShowCommand implements Callable<Integer> {

    @Mixin
    final HelpOption help = new HelpOption();

    @Mixin
    private final ServeOptions options = new ServeOptions();

    @Mixin
    private final OutputOption output = new OutputOption();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private final Surroundings surroundings;

    ConfigShowCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    private record Setting(String name, String value, String origin, String source) {
        static Setting of(ConfigValue value) {
            return new Setting(value.name(), value.value(), ConfigShowCommand.origin(value), value.source());
        }
    }

    private record Settings(List<Setting> settings) {}

    @Override
    public Integer call() {
        var source = options.source(surroundings.environment());
        var values = source.values();
        var json = Json.write(new Settings(values.stream().map(Setting::of).toList()));
        var fault = fault(source);
        var command = spec.commandLine();
        new ViewPrinter(command.getOut(), command.getErr(), output.format(), surroundings.stdout())
                .show(View.ofList(json, "settings", lines(values))
                        .withNotes(fault == null ? List.of() : List.of(fault)));
        return fault == null ? ExitCode.OK : ExitCode.FAILED;
    }

    private static @Nullable String fault(ConfigSource source) {
        try {
            source.config();
            return null;
        } catch (RuntimeException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private List<String> lines(List<ConfigValue> values) {
        var table = new Table(Align.LEFT, Align.LEFT, Align.LEFT).row("SETTING", "VALUE", "FROM");
        values.forEach(value -> table.row(value.name(), shown(value.value()), from(value)));
        return table.linesUnderHeader(surroundings.stdout());
    }

    private static String shown(String value) {
        return value.isEmpty() ? "\"\"" : value;
    }

    private static String from(ConfigValue value) {
        return switch (value.origin()) {
            case DEFAULT -> origin(value);
            case FILE, ENVIRONMENT, OPTION -> origin(value) + " (" + value.source() + ")";
        };
    }

    private static String origin(ConfigValue value) {
        return value.origin().name().toLowerCase(Locale.ROOT);
    }
}
