package io.millrace.pg;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** How to reach an embedded server that another process runs, from what that process left in the data folder. */
public record RunningServer(String host, int port, String user, String password, String database) {

    private static final int PORT_LINE = 3;

    /** Empty when nothing there says that one runs; whether it answers is for the caller to see. */
    public static Optional<RunningServer> in(Path dataDir) {
        try {
            var lines = Files.readAllLines(dataDir.resolve("pg").resolve("postmaster.pid"));
            if (lines.size() <= PORT_LINE) {
                return Optional.empty();
            }
            var password = Files.readString(dataDir.resolve("password")).strip();
            return Optional.of(new RunningServer(
                    EmbeddedServer.HOST,
                    Integer.parseInt(lines.get(PORT_LINE).strip()),
                    EmbeddedServer.USER,
                    password,
                    EmbeddedServer.DATABASE));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }
}
