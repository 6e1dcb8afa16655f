package io.millrace;

import io.millrace.cli.Cli;

/** Where the command line enters. */
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(Cli.run(arguments));
    }
}
