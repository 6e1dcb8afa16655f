package io.millrace.cli;

import java.util.Locale;

/** For whom a result is printed: people or programs. */
enum OutputFormat {
    TEXT,
    JSON;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
