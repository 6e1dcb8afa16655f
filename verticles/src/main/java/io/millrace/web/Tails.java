package io.millrace.web;

import io.millrace.MillraceException.Overloaded;
import java.time.Duration;

/** How many live tails are open, and the most there may be: each holds a connection and reads on its own. */
final class Tails {

    private final int max;
    private int open;

    Tails(int max) {
        this.max = max;
    }

    /** On the event loop of the door, as everything here. */
    void open() {
        if (open >= max) {
            throw new Overloaded("As many live tails are open as this server allows.", Duration.ofSeconds(10));
        }
        open++;
    }

    void close() {
        open--;
    }
}
