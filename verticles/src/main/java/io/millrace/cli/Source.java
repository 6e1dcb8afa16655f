package io.millrace.cli;

import java.nio.file.Path;

/** Something to read documents from. */
sealed interface Source {

    /** A file that is one document. */
    record DocumentFile(Path path, String sourceUri, String contentType) implements Source {}

    /** A file of NDJSON: a document a line. */
    record LinesFile(Path path) implements Source {}

    /** NDJSON as it comes. */
    record StandardInput() implements Source {}
}
