package io.millrace.cli;

import io.millrace.cli.Table.Align;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The statistics as people read them. */
final class GraphStatsText {

    private static final int ROWS_MAX = 10;
    private static final int BAR_COLUMNS = 24;
    private static final int NAME_COLUMNS_MAX = 40;
    private static final Comparator<Map.Entry<String, Long>> LARGEST_FIRST =
            Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey());

    private final GraphStats stats;
    private final Terminal terminal;
    private final List<String> lines = new ArrayList<>();

    private GraphStatsText(GraphStats stats, Terminal terminal) {
        this.stats = stats;
        this.terminal = terminal;
    }

    static List<String> lines(GraphStats stats, Terminal terminal) {
        var text = new GraphStatsText(stats, terminal);
        text.totals();
        text.bars("Entity types", stats.entityTypes());
        text.bars("Relationship types", stats.relationshipTypes());
        text.topEntities();
        text.stages();
        return text.lines;
    }

    private void totals() {
        var updated = stats.lastUpdated() == null ? "still empty" : "as of " + Format.time(stats.lastUpdated());
        var workspace = Printable.text(Objects.requireNonNullElse(stats.workspace(), "default"));
        lines.add(terminal.bold("Workspace " + workspace) + ", " + updated);
        lines.addAll(new Table(Align.LEFT, Align.RIGHT)
                .row("  Entities", Format.count(stats.entityCount()))
                .row("  Relationships", Format.count(stats.relationshipCount()))
                .row("  Entity mentions", Format.count(stats.entityMentions()))
                .row("  Relationship mentions", Format.count(stats.relationshipMentions()))
                .row("  Jobs completed", Format.count(stats.jobs("completed")))
                .row("  Jobs failed", Format.count(stats.jobs("failed")))
                .lines());
    }

    private void bars(String title, Map<String, Long> counts) {
        if (counts.isEmpty()) {
            return;
        }
        heading(title);
        var largestFirst = counts.entrySet().stream().sorted(LARGEST_FIRST).toList();
        var largest = Math.max(1, largestFirst.getFirst().getValue());
        var table = new Table(Align.LEFT, Align.RIGHT, Align.LEFT);
        for (var entry : largestFirst.subList(0, Math.min(ROWS_MAX, largestFirst.size()))) {
            var columns = (int) Math.ceilDiv(entry.getValue() * BAR_COLUMNS, largest);
            table.row(name(entry.getKey()), Format.count(entry.getValue()), terminal.bar(columns));
        }
        if (largestFirst.size() > ROWS_MAX) {
            var others = largestFirst.subList(ROWS_MAX, largestFirst.size());
            var sum = others.stream().mapToLong(Map.Entry::getValue).sum();
            table.row("  (%s more)".formatted(Format.count(others.size())), Format.count(sum), "");
        }
        lines.addAll(table.lines());
    }

    private void topEntities() {
        if (stats.topEntities().isEmpty()) {
            return;
        }
        heading("Top entities, by relationships");
        var table = new Table(Align.LEFT, Align.RIGHT);
        stats.topEntities().stream()
                .limit(ROWS_MAX)
                .forEach(entity -> table.row(name(entity.name()), Format.count(entity.degree())));
        lines.addAll(table.lines());
    }

    private void stages() {
        if (stats.stages().isEmpty()) {
            return;
        }
        heading("Stages, by records behind");
        var table = new Table(Align.LEFT, Align.RIGHT, Align.LEFT);
        stats.stages()
                .forEach(stage -> table.row(name(stage.group()), Format.count(stage.lag()), "from " + stage.topic()));
        lines.addAll(table.lines());
    }

    private void heading(String title) {
        lines.add("");
        lines.add(terminal.bold(title));
    }

    private static String name(String name) {
        return "  " + Printable.shortened(Printable.text(name), NAME_COLUMNS_MAX);
    }
}
