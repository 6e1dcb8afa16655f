package io.millrace.cli;

import io.millrace.cli.IngestEntry.Line;
import io.millrace.cli.IngestEntry.Place;
import java.io.Closeable;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Remembers which documents a server has acknowledged, from one run of an ingestion to the next. */
interface IngestJournal extends Closeable {

    /** Nothing is remembered. */
    IngestJournal NONE = new IngestJournal() {};

    /** Whether an earlier run was told that this very text, read at this place, is stored. */
    default boolean acknowledged(Line line) {
        return false;
    }

    /** The job of an acknowledged document, as long as nobody saw it complete. */
    default Optional<UUID> openJob(Place place) {
        return Optional.empty();
    }

    /** The jobs acknowledged last, to ask a server whether it is still the one that they belong to. */
    default List<UUID> latestJobs() {
        return List.of();
    }

    default void accepted(Line line, UUID job) {}

    default void completed(Place place, UUID job) {}

    /** Hands everything so far to the system, so that it outlives this process. */
    default void flush() {}

    @Override
    default void close() {}
}
