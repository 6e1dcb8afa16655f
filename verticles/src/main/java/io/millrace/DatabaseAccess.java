package io.millrace;

import io.millrace.pg.DatabaseSettings;
import io.millrace.pg.EmbeddedServer;
import io.millrace.pg.EmbeddedServerException;
import io.millrace.pg.RunningServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A command's own way to the configured database: the embedded server that a pod runs, or one that is started for as long
 * as the command takes.
 */
public final class DatabaseAccess implements AutoCloseable {

    private final DatabaseSettings settings;
    private final @Nullable EmbeddedServer started;

    private DatabaseAccess(DatabaseSettings settings, @Nullable EmbeddedServer started) {
        this.settings = settings;
        this.started = started;
    }

    public static DatabaseAccess open(Config config) {
        if (config.external() != null) {
            return new DatabaseAccess(config.external(), null);
        }
        try {
            var server = EmbeddedServer.start(Service.embeddedSettings(config));
            return new DatabaseAccess(Service.settings(server, config), server);
        } catch (EmbeddedServerException e) {
            if (e.reason() != EmbeddedServerException.Reason.FOLDER_IN_USE) {
                throw e;
            }
            return RunningServer.in(config.embedded().dataDir())
                    .map(server -> new DatabaseAccess(settings(server, config), null))
                    .orElseThrow(() -> e);
        }
    }

    private static DatabaseSettings settings(RunningServer server, Config config) {
        return new DatabaseSettings(
                server.host(),
                server.port(),
                server.database(),
                server.user(),
                server.password(),
                config.pool(),
                false);
    }

    public String jdbcUrl() {
        return settings.jdbcUrl();
    }

    public String user() {
        return settings.user();
    }

    public String password() {
        return settings.password();
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl(), user(), password());
    }

    @Override
    public void close() {
        if (started != null) {
            started.close();
        }
    }
}
