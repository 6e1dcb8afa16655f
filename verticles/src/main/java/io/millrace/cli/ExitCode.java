package io.millrace.cli;

/** The exit codes of the commands that talk to a server; 2 is picocli's own for wrong usage. */
final class ExitCode {

    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;

    /** {@code EX_UNAVAILABLE} of sysexits.h. */
    static final int UNREACHABLE = 69;

    private ExitCode() {}
}
