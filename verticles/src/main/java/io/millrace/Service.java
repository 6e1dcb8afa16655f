package io.millrace;

import io.millrace.pg.DatabaseSettings;
import io.millrace.pg.EmbeddedServer;
import io.millrace.pg.Migrations;
import io.millrace.stream.ComputePool;
import io.millrace.stream.Subscription;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pod and, where no other database is configured, the embedded PostgreSQL under it. Blocks; {@link #stop} may be called
 * from another thread.
 */
public final class Service {

    private static final Logger LOG = LoggerFactory.getLogger(Service.class);
    private static final Duration MIGRATION_POLL = Duration.ofSeconds(2);

    private final Config config;
    private final Pod pod;
    private @Nullable EmbeddedServer embedded;
    private boolean stopping;

    public Service(Config config, List<Subscription> plugins) {
        this.config = config;
        this.pod = new Pod(config, plugins, ComputePool.HALT);
    }

    /** Starts everything; gives the address to reach it under, once it is ready. */
    public String start() throws InterruptedException {
        var port = pod.listen();
        var database = config.external() != null ? migratedByOthers(config.external()) : startEmbedded();
        synchronized (this) {
            if (stopping) {
                throw new InterruptedException("stopped while starting");
            }
            pod.start(database);
        }
        return "http://"
                + (config.http().host().contains(":")
                        ? "[" + config.http().host() + "]"
                        : config.http().host()) + ":" + port;
    }

    private synchronized DatabaseSettings startEmbedded() {
        pod.waitsFor("the embedded PostgreSQL starts");
        var server = EmbeddedServer.start(embeddedSettings(config));
        embedded = server;
        pod.waitsFor("the schema is migrated");
        var migrated = Migrations.migrate(server.jdbcUrl(), server.user(), server.password());
        LOG.info("embedded PostgreSQL in {}, {} migrations applied", server.dataDir(), migrated);
        return settings(server, config);
    }

    static EmbeddedServer.Settings embeddedSettings(Config config) {
        var preset = EmbeddedServer.Settings.in(config.embedded().dataDir().toAbsolutePath());
        return new EmbeddedServer.Settings(
                preset.dataDir(), config.embedded().port(), preset.parameters(), preset.binariesCache());
    }

    static DatabaseSettings settings(EmbeddedServer server, Config config) {
        return new DatabaseSettings(
                server.host(),
                server.port(),
                server.database(),
                server.user(),
                server.password(),
                config.pool(),
                false);
    }

    /** Somebody else migrates an external database: wait, and say for what. */
    private DatabaseSettings migratedByOthers(DatabaseSettings database) throws InterruptedException {
        var said = "";
        while (true) {
            var waitsFor = missing(database);
            if (waitsFor == null) {
                return database;
            }
            if (!waitsFor.equals(said)) {
                pod.waitsFor(waitsFor);
                said = waitsFor;
            }
            synchronized (this) {
                wait(MIGRATION_POLL.toMillis());
                if (stopping) {
                    throw new InterruptedException("stopped while waiting for the database");
                }
            }
        }
    }

    private static @Nullable String missing(DatabaseSettings database) {
        try {
            var status = Migrations.of(database.jdbcUrl(), database.user(), database.password())
                    .status();
            return status.current()
                    ? null
                    : "the database lacks migrations (%s); run millrace migrate"
                            .formatted(String.join(", ", status.pending()));
        } catch (RuntimeException e) {
            return "the database at %s:%d does not answer".formatted(database.host(), database.port());
        }
    }

    /** Stops in order: new work, work in flight, partitions, connections, and the embedded server last. */
    public void stop() throws InterruptedException {
        synchronized (this) {
            stopping = true;
            notifyAll();
            pod.stop();
            if (embedded != null) {
                embedded.close();
            }
        }
        LOG.info("stopped");
    }
}
