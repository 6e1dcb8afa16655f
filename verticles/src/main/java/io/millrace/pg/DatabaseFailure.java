package io.millrace.pg;

import org.jspecify.annotations.Nullable;

/** A statement or transaction failed, told by what the caller can do about it. */
public final class DatabaseFailure extends RuntimeException {

    /** What a failure means for the one who asked. */
    public enum Kind {
        /** Another owner has the partition: drop what you hold of it. Nothing was stored. */
        FENCED,
        /** The offset is before the beginning of the partition. */
        OFFSET_OUT_OF_RANGE,
        /** A topic, partition or group that is not there, or clashes with one that is. */
        MISSING,
        /** PostgreSQL refused the values; the same ones will be refused again. Nothing was stored. */
        REFUSED,
        /** PostgreSQL is not to be reached or has no room, or somebody held a lock for too long. Nothing was stored. */
        UNAVAILABLE,
        /** The connection broke before the answer came: whether it was stored is not known. */
        UNKNOWN
    }

    private final Kind kind;
    private final @Nullable String sqlState;

    DatabaseFailure(Kind kind, @Nullable String sqlState, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.sqlState = sqlState;
    }

    public Kind kind() {
        return kind;
    }

    /** PostgreSQL's code; null when the server did not answer. */
    public @Nullable String sqlState() {
        return sqlState;
    }
}
