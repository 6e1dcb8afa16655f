package io.millrace.cli;

import java.io.PrintWriter;

/** Prints views as {@code -o} has it: results to standard output, notes to standard error. */
record ViewPrinter(PrintWriter out, PrintWriter err, OutputFormat format, Terminal terminal) {

    void show(View view) {
        var asciiOnly = !terminal.unicode();
        switch (format) {
            case TEXT -> view.lines().forEach(out::println);
            case JSON -> out.println(Json.pretty(view.json(), asciiOnly));
            case JSONL -> Json.lines(view.json(), view.list(), asciiOnly).forEach(out::println);
        }
        out.flush();
        view.notes().forEach(note -> err.println("millrace: " + note));
        err.flush();
    }
}
