package io.millrace.faults;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * PgBouncer in transaction mode between the pods and PostgreSQL, with the settings that docs/operations.md names. Whoever
 * kills it cuts all connections of all pods at once, while the sessions behind it live on for a moment.
 */
final class Pooler implements AutoCloseable {

    private static final String HOST = "127.0.0.1";
    /** PgBouncer refuses to be root. */
    private static final boolean ROOT = new UnixSystem().getUid() == 0;

    private static final String ACCOUNT = "nobody";
    private static final Duration START_LIMIT = Duration.ofSeconds(10);

    private final Path program;
    private final Path folder;
    private final Path log;
    private final int port;
    private final Thread killedWithUs = Thread.ofPlatform().unstarted(this::kill);
    private @Nullable Process process;

    /** @param log where it writes what happens */
    Pooler(Path program, OwnedPostgres postgres, Path log) {
        this.program = program;
        this.log = log;
        this.port = freePort();
        try {
            this.folder = Files.createTempDirectory("millrace-pooler");
            Files.writeString(
                    folder.resolve("users"), "\"%s\" \"%s\"%n".formatted(postgres.user(), postgres.password()));
            Files.writeString(folder.resolve("pgbouncer.ini"), settings(postgres));
            if (ROOT) {
                Programs.require("chown", "-R", ACCOUNT, folder.toString());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(killedWithUs);
        if (!start()) {
            throw new IllegalStateException("PgBouncer does not answer; see " + log);
        }
    }

    private String settings(OwnedPostgres postgres) {
        return """
                [databases]
                * = host=%s port=%d

                [pgbouncer]
                listen_addr = %s
                listen_port = %d
                unix_socket_dir =
                auth_type = scram-sha-256
                auth_file = %s
                pool_mode = transaction
                ignore_startup_parameters = extra_float_digits
                max_client_conn = 200
                default_pool_size = 20
                server_login_retry = 1
                """.formatted(postgres.host(), postgres.port(), HOST, port, folder.resolve("users"));
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral(HOST))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    /** Starts it; true when it takes connections. */
    private synchronized boolean start() {
        var words = new ArrayList<>(List.of(program.toString()));
        if (ROOT) {
            words.addAll(List.of("-u", ACCOUNT));
        }
        words.add(folder.resolve("pgbouncer.ini").toString());
        try {
            process = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Waiting.until(START_LIMIT, this::answers);
    }

    private boolean answers() {
        try (var socket = new Socket(InetAddress.ofLiteral(HOST), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** SIGKILL, and a new start after a time; true when it was killed and answers again. */
    synchronized boolean crash(Duration away) {
        var status = kill();
        Waiting.pass(away);
        return start() && status == PodProcess.KILLED;
    }

    private synchronized int kill() {
        if (process == null || !process.isAlive()) {
            return -1;
        }
        try {
            return process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    @Override
    public void close() {
        kill();
        try {
            Folders.delete(folder);
            Runtime.getRuntime().removeShutdownHook(killedWithUs);
        } catch (IOException | IllegalStateException e) {
            // A few small files stay behind, or we are ending ourselves.
        }
    }
}
