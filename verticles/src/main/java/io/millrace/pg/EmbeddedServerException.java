package io.millrace.pg;

import org.jspecify.annotations.Nullable;

/** The embedded server cannot run. The message says what happened and what a person can do about it. */
public final class EmbeddedServerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What kind of trouble it is, for callers that can do something about one kind. */
    public enum Reason {
        /** A live process already runs a server on this folder. */
        FOLDER_IN_USE,
        /** The folder belongs to another account, cannot be written, or does not hold what it should. */
        FOLDER_UNUSABLE,
        /** The cluster in the folder was made by another major version of PostgreSQL. */
        OTHER_VERSION,
        /** The port that was asked for is taken. */
        PORT_TAKEN,
        /** PostgreSQL refuses to run as root, and this machine offers no way around that. */
        RUNS_AS_ROOT,
        /** The programs could not be found or unpacked. */
        NO_BINARIES,
        /** The settings contradict what the server needs. */
        BAD_SETTINGS,
        /** The server stopped or did not answer; the message carries the end of its log. */
        DID_NOT_START,
        /** The server runs, but not as durably as it was told to. */
        NOT_DURABLE,
        /** The thread was interrupted while it waited. */
        INTERRUPTED
    }

    private final Reason reason;

    EmbeddedServerException(Reason reason, String message) {
        this(reason, message, null);
    }

    EmbeddedServerException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
