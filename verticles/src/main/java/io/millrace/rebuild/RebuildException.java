package io.millrace.rebuild;

/** A rebuild that could not be made, and why; the graph is as it was. */
public final class RebuildException extends RuntimeException {
    RebuildException(String message) {
        super(message);
    }
}
