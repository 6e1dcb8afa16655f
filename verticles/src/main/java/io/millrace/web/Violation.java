package io.millrace.web;

import java.util.Locale;

/**
 * One broken rule of a body.
 *
 * @param pointer the place, by RFC 6901; for a key that cannot be written down, or only at length, the object that holds it
 * @param code what kind of rule; stable
 * @param detail what is there and what may be there, for people
 */
record Violation(String pointer, Code code, String detail) {

    enum Code {
        REQUIRED,
        UNKNOWN_FIELD,
        UNKNOWN_VALUE,
        WRONG_TYPE,
        EMPTY,
        BLANK,
        TOO_LONG,
        TOO_MANY,
        OUT_OF_RANGE,
        NUL,
        LONE_SURROGATE,
        CONTROL_CHARACTER;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
