package io.millrace;

import io.millrace.pg.DatabaseSettings;
import io.millrace.pg.DatabaseSettings.PoolSettings;
import io.millrace.stream.Coordinator;
import io.millrace.stream.Retention;
import io.millrace.stream.RunnerSettings;
import io.millrace.web.AdmissionLimits;
import io.millrace.web.ClientLimits;
import io.vertx.pgclient.PgConnectOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Every setting of a pod, checked. {@code conf/millrace.yaml} tells what each is for.
 *
 * @param external where the database is; null for the embedded one
 * @param pool bounds of the pool, whichever database it is
 */
public record Config(
        Http http,
        @Nullable DatabaseSettings external,
        PoolSettings pool,
        boolean poolerInTransactionMode,
        Embedded embedded,
        int partitions,
        Coordinator.Settings coordinator,
        Retention.Settings retention,
        long maxQueuedBytes,
        Duration lease,
        RunnerSettings runner,
        int computeThreads,
        Duration deadline,
        AdmissionLimits admission,
        Events events,
        Chunks chunks,
        Set<Stage> stages) {

    private static final List<String> URL_PARAMETERS =
            List.of("host", "hostaddr", "port", "user", "password", "dbname");

    /** Of libpq's modes those that do not insist on TLS. */
    private static final Set<String> PLAIN_TEXT_MODES = Set.of("disable", "allow", "prefer");

    /** The shortest of what is counted in seconds, and of what would end or occupy the pod if it were shorter. */
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** The lock timeout is shorter, and PostgreSQL counts that in milliseconds that fit an int. */
    private static final Duration LEASE_MAX = Duration.ofDays(1);

    /** As a browser writes it: no path, not even a slash. */
    private static final Pattern ORIGIN = Pattern.compile("\\*|[a-z][a-z0-9+.-]*://[^\\s/?#@,*]+");

    /** The door. */
    public record Http(
            String host,
            int port,
            int maxBodyBytes,
            int maxDocuments,
            ClientLimits limits,
            List<String> corsOrigins,
            int maxTails) {
        public Http {
            corsOrigins = List.copyOf(corsOrigins);
        }
    }

    /** The embedded PostgreSQL. */
    public record Embedded(Path dataDir, int port) {}

    /** Streams of events to clients. */
    public record Events(int maxClients, Duration heartbeat, Duration maxStall) {}

    /** How documents are cut. */
    public record Chunks(int maxTokens, int overlapTokens) {}

    public Config {
        stages = Set.copyOf(stages);
    }

    static Config of(Settings settings, Map<String, String> environment) {
        var pool = pool(settings);
        var lease = settings.duration("groups.lease", SECOND);
        if (lease.compareTo(LEASE_MAX) > 0) {
            throw settings.invalid("groups.lease", "a duration from 1s to 1d");
        }
        if (pool.lockTimeout().compareTo(lease) >= 0) {
            throw settings.invalid("database.lock-timeout", "shorter than groups.lease (" + lease + ")");
        }
        var pooled = settings.flag("database.pooler-in-transaction-mode");
        var threads = settings.integer("groups.compute-threads", 0, 1_024);
        return new Config(
                http(settings),
                external(settings, environment, pool, pooled),
                pool,
                pooled,
                new Embedded(
                        Path.of(settings.text("embedded.data-dir", "a folder")),
                        settings.integer("embedded.port", 0, 65_535)),
                settings.integer("log.partitions", 1, 1_024),
                new Coordinator.Settings(
                        settings.duration("groups.tick", Duration.ofMillis(10)),
                        settings.duration("log.segment-length", SECOND),
                        settings.duration("log.segments-ahead", SECOND)),
                retention(settings),
                settings.bytes("log.max-queued-bytes"),
                lease,
                new RunnerSettings(
                        settings.integer("groups.max-attempts", 1, 100),
                        settings.duration("groups.retry-delay"),
                        settings.duration("groups.max-retry-delay")),
                threads == 0 ? Runtime.getRuntime().availableProcessors() : threads,
                settings.duration("groups.deadline", SECOND),
                new AdmissionLimits(
                        settings.integer("ingest.max-lag", 1, Integer.MAX_VALUE),
                        settings.integer("ingest.max-open-per-workspace", 0, Integer.MAX_VALUE),
                        settings.bytes("ingest.max-open-bytes-per-workspace")),
                events(settings),
                chunks(settings),
                Stage.parse(settings.text("stages"))
                        .orElseThrow(() -> settings.invalid("stages", "some of ingest,chunk,extract,graph,stats")));
    }

    private static Retention.Settings retention(Settings settings) {
        var unseen = settings.duration("retention.unseen-groups");
        if (unseen.compareTo(Duration.ofMinutes(1)) < 0) {
            throw settings.invalid("retention.unseen-groups", "a minute or more");
        }
        return new Retention.Settings(
                kept(settings, "retention.topics"),
                kept(settings, "retention.events"),
                kept(settings, "retention.dead-letters"),
                unseen,
                settings.duration("retention.grace", SECOND),
                settings.duration("retention.interval", SECOND));
    }

    private static @Nullable Duration kept(Settings settings, String name) {
        var kept = settings.durationOrForever(name);
        if (kept != null && kept.compareTo(Duration.ofMinutes(1)) < 0) {
            throw settings.invalid(name, "a minute or more, or forever");
        }
        return kept;
    }

    private static Http http(Settings settings) {
        var maxBody = settings.bytes("http.max-body-bytes");
        if (maxBody < 1 || maxBody > 1 << 30) {
            throw settings.invalid("http.max-body-bytes", "a size up to 1GiB");
        }
        return new Http(
                settings.text("http.host", "an address such as 127.0.0.1"),
                settings.integer("http.port", 0, 65_535),
                (int) maxBody,
                settings.integer("http.max-documents", 1, 100_000),
                clientLimits(settings),
                corsOrigins(settings),
                settings.integer("http.max-tails", 0, 10_000));
    }

    private static ClientLimits clientLimits(Settings settings) {
        return new ClientLimits(
                settings.duration("http.header-timeout"),
                settings.duration("http.body-timeout"),
                settings.duration("http.idle-timeout"),
                settings.integer("http.max-connections", 1, 1_000_000),
                settings.integer("http.max-inflation-ratio", 1, 10_000),
                settings.duration("http.max-wait", SECOND));
    }

    private static Events events(Settings settings) {
        var heartbeat = settings.duration("events.heartbeat", SECOND);
        return new Events(
                settings.integer("events.max-clients", 0, 100_000),
                heartbeat,
                settings.duration("events.max-stall", SECOND));
    }

    private static List<String> corsOrigins(Settings settings) {
        var origins = Arrays.stream(settings.text("http.cors-origins").split(",", -1))
                .map(String::strip)
                .filter(origin -> !origin.isEmpty())
                .toList();
        if (!origins.stream().allMatch(origin -> ORIGIN.matcher(origin).matches())) {
            throw settings.invalid("http.cors-origins", "origins such as https://dashboard.example.org, or *");
        }
        return origins;
    }

    private static PoolSettings pool(Settings settings) {
        return new PoolSettings(
                settings.integer("database.pool-size", 2, 1_000),
                settings.integer("database.pool-max-waiting", 0, 1_000_000),
                settings.duration("database.pool-max-wait"),
                settings.duration("database.pool-max-lifetime", SECOND),
                settings.duration("database.pool-max-idle", SECOND),
                settings.duration("database.lock-timeout"));
    }

    private static Chunks chunks(Settings settings) {
        var maxTokens = settings.integer("chunk.max-tokens", 32, 100_000);
        return new Chunks(maxTokens, settings.integer("chunk.overlap-tokens", 0, maxTokens / 2));
    }

    private static @Nullable DatabaseSettings external(
            Settings settings, Map<String, String> environment, PoolSettings pool, boolean pooled) {
        var url = settings.text("database.url");
        if (url.isEmpty()) {
            url = environment.getOrDefault("DATABASE_URL", "");
        }
        if (!url.isEmpty()) {
            refuseTls(environment);
            return of(options(url), pool, pooled);
        }
        if (environment.containsKey("PGHOST")) {
            refuseTls(environment);
            return of(options(environment), pool, pooled);
        }
        var host = environment.get("POSTGRES_HOST");
        return host == null
                ? null
                : new DatabaseSettings(
                        host,
                        port(environment, "POSTGRES_PORT"),
                        environment.getOrDefault("POSTGRES_DB", "millrace"),
                        environment.getOrDefault("POSTGRES_USER", "millrace"),
                        environment.getOrDefault("POSTGRES_PASSWORD", ""),
                        pool,
                        pooled);
    }

    private static PgConnectOptions options(String url) {
        refuseUnsupported(url);
        try {
            return PgConnectOptions.fromUri(url);
        } catch (RuntimeException e) {
            // Not the text itself, which holds a password.
            throw new Settings.Invalid(
                    "the database URL should look like postgresql://user:password@host:5432/database");
        }
    }

    /** What would be dropped silently: somebody who asks for TLS shall not get plain text. */
    private static void refuseUnsupported(String url) {
        var query = url.indexOf('?');
        for (var parameter :
                query < 0 ? new String[0] : url.substring(query + 1).split("&", -1)) {
            var parts = parameter.split("=", 2);
            var name = parts[0];
            if (name.equals("sslmode")) {
                if (parts.length == 1 || !PLAIN_TEXT_MODES.contains(parts[1])) {
                    throw noTls("the database URL has " + parameter);
                }
            } else if (name.startsWith("ssl")) {
                throw noTls("the database URL has " + name);
            } else if (!name.isEmpty() && !URL_PARAMETERS.contains(name)) {
                throw new Settings.Invalid(
                        "the database URL has a parameter %s, which is not supported: leave it out; those that are: %s"
                                .formatted(name, String.join(", ", URL_PARAMETERS)));
            }
        }
    }

    private static void refuseTls(Map<String, String> environment) {
        var mode = environment.getOrDefault("PGSSLMODE", "");
        if (!mode.isEmpty() && !PLAIN_TEXT_MODES.contains(mode)) {
            throw noTls("PGSSLMODE is " + mode);
        }
    }

    private static Settings.Invalid noTls(String asked) {
        return new Settings.Invalid(asked
                + ", but TLS to the database is not supported: connect over a network that you trust, or to a TLS proxy"
                + " on this machine (stunnel, a sidecar), and leave it out");
    }

    /** As {@code PgConnectOptions.fromEnv}, which however takes 5432 for a port that is none. */
    private static PgConnectOptions options(Map<String, String> environment) {
        var options = new PgConnectOptions()
                .setHost(environment.getOrDefault("PGHOSTADDR", environment.getOrDefault("PGHOST", "")))
                .setPort(port(environment, "PGPORT"));
        given(environment, "PGDATABASE", options::setDatabase);
        given(environment, "PGUSER", options::setUser);
        given(environment, "PGPASSWORD", options::setPassword);
        return options;
    }

    private static void given(Map<String, String> environment, String name, Consumer<String> setter) {
        var value = environment.get(name);
        if (value != null) {
            setter.accept(value);
        }
    }

    private static int port(Map<String, String> environment, String name) {
        var text = environment.getOrDefault(name, "5432");
        try {
            var port = Integer.parseInt(text);
            if (port >= 1 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException e) {
            // Said below, for both cases.
        }
        throw new Settings.Invalid("%s should be a port from 1 to 65535, not '%s'".formatted(name, text));
    }

    private static DatabaseSettings of(PgConnectOptions options, PoolSettings pool, boolean pooled) {
        return new DatabaseSettings(
                options.getHost(),
                options.getPort(),
                options.getDatabase(),
                options.getUser(),
                options.getPassword(),
                pool,
                pooled);
    }
}
