package io.millrace.cli;

import java.util.Locale;

/** For whom a result is printed: people, or programs that read one JSON text or a JSON text a line. */
enum OutputFormat {
    TEXT,
    JSON,
    JSONL;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
