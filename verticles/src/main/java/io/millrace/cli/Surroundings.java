package io.millrace.cli;

import java.io.InputStream;
import java.time.InstantSource;
import java.util.Map;

/** What a command takes from the process that it runs in, in one place so that a test can bring its own. */
record Surroundings(
        InputStream in,
        Terminal stdout,
        Terminal stderr,
        InstantSource clock,
        Sleeper sleeper,
        Map<String, String> environment) {

    Surroundings {
        environment = Map.copyOf(environment);
    }

    static Surroundings system() {
        return new Surroundings(
                System.in,
                Terminal.stdout(),
                Terminal.stderr(),
                InstantSource.system(),
                Sleeper.PARKING,
                System.getenv());
    }
}
