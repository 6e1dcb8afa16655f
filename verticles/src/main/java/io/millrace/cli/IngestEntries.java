package io.millrace.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The documents of all sources, one after the other, each read when it is asked for. */
final class IngestEntries implements Iterator<IngestEntry> {

    private final Iterator<Source> sources;
    private final InputStream standardInput;
    private @Nullable NdjsonReader lines;
    private boolean piped;
    private @Nullable IngestEntry next;

    IngestEntries(List<Source> sources, InputStream standardInput) {
        this.sources = sources.iterator();
        this.standardInput = standardInput;
    }

    @Override
    public boolean hasNext() {
        while (next == null && (lines != null || sources.hasNext())) {
            next = lines == null ? open(sources.next()) : nextLine(lines);
        }
        return next != null;
    }

    @Override
    public IngestEntry next() {
        if (!hasNext() || next == null) {
            throw new NoSuchElementException();
        }
        var entry = next;
        next = null;
        return entry;
    }

    /** Whether the next document comes from standard input and is not there yet. */
    boolean wouldWait() {
        return next == null && piped && lines != null && lines.wouldWait();
    }

    private @Nullable IngestEntry open(Source source) {
        return switch (source) {
            case Source.DocumentFile file -> DocumentReader.read(file);
            case Source.LinesFile file -> openLines(file);
            case Source.StandardInput _ -> {
                lines = new NdjsonReader("stdin", standardInput, DocumentReader.BYTES_MAX);
                piped = true;
                yield null;
            }
        };
    }

    private @Nullable IngestEntry openLines(Source.LinesFile file) {
        var source = file.path().toString();
        try {
            lines = new NdjsonReader(source, Files.newInputStream(file.path()), DocumentReader.BYTES_MAX);
            return null;
        } catch (IOException e) {
            return new IngestEntry.Unreadable(Printable.text(source), "cannot be read (" + e + ")");
        }
    }

    private @Nullable IngestEntry nextLine(NdjsonReader reader) {
        var entry = reader.next();
        if (entry == null) {
            lines = null;
            piped = false;
            closeQuietly(reader);
        }
        return entry;
    }

    private static void closeQuietly(NdjsonReader reader) {
        try {
            reader.close();
        } catch (IOException _) {
            // Everything has been read; there is nothing left to lose.
        }
    }
}
