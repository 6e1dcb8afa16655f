package io.millrace.flow;

import io.millrace.ConfigSource;
import io.millrace.Pod;
import io.millrace.pg.TestDatabase;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A whole pod in this process, over a test database and behind a real door. */
public final class FlowPod implements AutoCloseable {

    /** Retries that do not make a test wait. */
    private static final Map<String, String> QUICK = Map.of(
            "MILLRACE_HTTP_PORT", "0",
            "MILLRACE_GROUPS_TICK", "100ms",
            "MILLRACE_GROUPS_RETRY_DELAY", "10ms");

    private final Pod pod;
    private final URI base;
    private boolean stopped;

    private FlowPod(Pod pod, URI base) {
        this.pod = pod;
        this.base = base;
    }

    /**
     * Starts a pod, which is ready when this returns.
     *
     * @param settings variables of the environment, on top of what makes a pod quick
     */
    public static FlowPod start(TestDatabase database, Map<String, String> settings) {
        var environment = new HashMap<>(QUICK);
        environment.put("DATABASE_URL", url(database));
        environment.putAll(settings);
        var config = new ConfigSource(environment).config();
        var pod = new Pod(config, List.of(), what -> {
            throw new AssertionError("took too long: " + what);
        });
        var base = URI.create("http://127.0.0.1:" + pod.listen());
        try {
            pod.start(Objects.requireNonNull(config.external()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return new FlowPod(pod, base);
    }

    static String url(TestDatabase database) {
        return "postgresql://%s:%s@%s:%d/%s"
                .formatted(
                        database.user(),
                        URLEncoder.encode(database.password(), StandardCharsets.UTF_8),
                        database.host(),
                        database.port(),
                        database.name());
    }

    public URI base() {
        return base;
    }

    List<String> routes() {
        return pod.routes();
    }

    Reads reads(String workspace) {
        return new Reads(base, workspace);
    }

    HttpCaller caller(String workspace) {
        return new HttpCaller(base, workspace);
    }

    /** Stops in order, as SIGTERM does. */
    void stop() {
        if (stopped) {
            return;
        }
        stopped = true;
        try {
            pod.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        stop();
    }
}
