package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;

/** Rows of text in aligned columns, two blanks between them. Cells are made printable on their way in. */
final class Table {

    enum Align {
        LEFT,
        RIGHT
    }

    private static final String GAP = "  ";

    private final List<Align> columns;
    private final List<List<String>> rows = new ArrayList<>();

    Table(Align... columns) {
        this.columns = List.of(columns);
    }

    Table row(String... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(
                    "%d cells in a row of %d columns".formatted(cells.length, columns.size()));
        }
        rows.add(List.of(cells).stream().map(Printable::text).toList());
        return this;
    }

    List<String> lines() {
        var widths = columnWidths();
        return rows.stream().map(row -> line(row, widths)).toList();
    }

    /** With the first row as a header. */
    List<String> linesUnderHeader(Terminal terminal) {
        var lines = new ArrayList<>(lines());
        lines.set(0, terminal.bold(lines.getFirst()));
        return lines;
    }

    private int[] columnWidths() {
        var widths = new int[columns.size()];
        for (var row : rows) {
            for (var i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], Printable.columns(row.get(i)));
            }
        }
        return widths;
    }

    private String line(List<String> row, int[] widths) {
        var line = new StringBuilder();
        for (var i = 0; i < widths.length; i++) {
            var cell = row.get(i);
            var padding = " ".repeat(widths[i] - Printable.columns(cell));
            line.append(i == 0 ? "" : GAP).append(columns.get(i) == Align.LEFT ? cell + padding : padding + cell);
        }
        return line.toString().stripTrailing();
    }
}
