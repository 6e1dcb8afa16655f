package io.millrace.cli;

import io.millrace.cli.IngestEntry.Line;
import io.millrace.cli.IngestEntry.Unreadable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace topic produce}: a record a line, into a topic of one's own. */
@Command(
        name = "produce",
        description = {
            "Append records to a topic of your own, a line of input each.",
            "",
            "As lines, a line is a value, or with --key-separator a key and a value; bytes that are no UTF-8 arrive as they"
                    + " are. As jsonl, a line is an object with key, value, headers and partition, as `topic tail -o jsonl`"
                    + " prints them; objects and arrays as value are kept as JSON. Blank lines are left out.",
            "",
            "Lines are sent in groups, each stored as a whole or not at all, and in order. A server that is busy (429, 503) is"
                    + " asked again. When it is not known whether a group was stored, the command stops and says which lines"
                    + " that concerns: unlike documents, records are not recognised when they come again."
        },
        exitCodeList = {
            "0:every record is stored",
            "1:a record was refused; those before its group are stored",
            "2:wrong usage, or a file that does not exist; nothing was sent",
            "69:no server answers, or it went away; a message says what is not known to be stored"
        },
        footer = {
            "  echo hello | millrace topic produce greetings",
            "  millrace topic produce page-views views.tsv --key-separator '\\t'",
            "  millrace topic tail old --begin --limit 100 -o jsonl | millrace topic produce new --format jsonl"
        })
final class TopicProduceCommand extends ClientCommand {

    /** How a line of input is read. */
    enum InputFormat {
        LINES,
        JSONL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final int LINE_BYTES_MAX = 16 << 20;
    private static final int GROUP_RECORDS_MAX = 500;
    private static final int GROUP_BYTES_MAX = 4 << 20;

    @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic.")
    private String topic = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "FILE",
            defaultValue = "-",
            description = "What to read (default: standard input).")
    private String file = "-";

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "lines",
            description = "How to read a line: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private InputFormat format = InputFormat.LINES;

    @Option(
            names = "--key-separator",
            paramLabel = "TEXT",
            description = "What stands between a line's key and its value; \\t is a tab.")
    private @Nullable String separator;

    @Option(names = "--key", paramLabel = "KEY", description = "The key of every record.")
    private @Nullable String key;

    @Option(names = "--partition", paramLabel = "P", description = "The partition of every record.")
    private @Nullable Integer partition;

    @Mixin
    private final OutputOption output = new OutputOption();

    TopicProduceCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int run(ApiClient api) {
        if (key != null && separator != null) {
            throw usage("--key and --key-separator both say what the key is");
        }
        if (format == InputFormat.JSONL && (key != null || separator != null || partition != null)) {
            throw usage("with --format jsonl each record says its own key and partition");
        }
        try (var in = open()) {
            return produce(api, new NdjsonReader(file.equals("-") ? "stdin" : file, in, LINE_BYTES_MAX));
        } catch (IOException e) {
            complain("%s cannot be read (%s)".formatted(file, e));
            return ExitCode.USAGE;
        }
    }

    private InputStream open() throws IOException {
        return file.equals("-") ? surroundings().in() : Files.newInputStream(Path.of(file));
    }

    private int produce(ApiClient api, NdjsonReader lines) {
        var records =
                new RecordLines(format, separator == null ? null : separator.replace("\\t", "\t"), key, partition);
        var producer = new RecordProducer(api, topic, retries(), this::told);
        var group = new ArrayList<Line>();
        var bytes = 0L;
        try {
            for (var entry = lines.next(); entry != null; entry = lines.next()) {
                switch (entry) {
                    case Unreadable unreadable ->
                        throw new RecordLines.NoRecord(unreadable.label(), unreadable.reason());
                    case Line line -> {
                        if (!group.isEmpty() && bytes + line.bytes().length > GROUP_BYTES_MAX) {
                            producer.send(records.all(group));
                            group.clear();
                            bytes = 0;
                        }
                        group.add(line);
                        bytes += line.bytes().length;
                        // Whoever writes into the pipe and waits shall not wait for five hundred lines.
                        if (group.size() == GROUP_RECORDS_MAX || lines.wouldWait()) {
                            producer.send(records.all(group));
                            group.clear();
                            bytes = 0;
                        }
                    }
                }
            }
            producer.send(records.all(group));
        } catch (RecordLines.NoRecord e) {
            complain(e.getMessage());
            summary(producer.stored());
            return ExitCode.FAILED;
        } catch (ClientException e) {
            summary(producer.stored());
            if (!group.isEmpty()) {
                complain(uncertainty(e, group));
            }
            throw e;
        }
        summary(producer.stored());
        return ExitCode.OK;
    }

    private static String uncertainty(ClientException failure, List<Line> group) {
        var lines =
                "%s to %s".formatted(group.getFirst().label(), group.getLast().label());
        return RecordProducer.nothingStored(failure)
                ? "not stored: from %s on".formatted(group.getFirst().label())
                : "not known to be stored, all of them or none: %s; nothing behind them was sent".formatted(lines);
    }

    private void told(String position) {
        switch (output.format()) {
            case TEXT -> {}
            case JSON, JSONL ->
                new ViewPrinter(out(), err(), output.format(), surroundings().stdout())
                        .show(View.of(position, List.of()));
        }
    }

    private void summary(long stored) {
        var line = "%s stored in topic %s".formatted(Format.count(stored, "record"), Printable.text(topic));
        if (output.format() == OutputFormat.TEXT) {
            print(line);
        } else {
            err().println(line);
            err().flush();
        }
    }
}
