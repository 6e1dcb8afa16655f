package io.millrace;

import io.millrace.pg.DatabaseSettings;
import io.millrace.pg.EmbeddedServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** A command's own way to the configured database; starts the embedded server for as long as it takes when none runs. */
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
        var server = EmbeddedServer.start(Service.embeddedSettings(config));
        return new DatabaseAccess(Service.settings(server, config), server);
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
