package io.millrace.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What the JVM of a pod has learned once about the jar (JEP 483, 514 and 515: classes loaded and linked, profiles of
 * methods), so that the hundreds of pods after it start faster. Made by a pod that takes a few documents and stops; made
 * anew when the jar is another one.
 */
final class AotCache {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration TRAINING = Duration.ofSeconds(4);

    /** It is put together while the JVM ends, and takes a core for some seconds. */
    private static final Duration ASSEMBLY_LIMIT = Duration.ofMinutes(3);

    private static final String DATABASE = "faults_training";

    private AotCache() {}

    /**
     * The option by which a JVM uses the cache; none when it could not be made, which costs time and nothing else.
     *
     * @param target where it is kept between runs
     * @param launch how pods are started, without the cache
     */
    static List<String> option(Path target, PodProcess.Launch launch, OwnedPostgres postgres)
            throws IOException, SQLException {
        var jar = launch.jar();
        var name = "pods-%x-%x.aot".formatted(Files.getLastModifiedTime(jar).toMillis(), Files.size(jar));
        var cache = target.toAbsolutePath().resolve(name);
        if (!Files.exists(cache)) {
            removeOthers(target);
            make(cache, launch, postgres);
        }
        return Files.exists(cache) ? List.of("-XX:AOTCache=" + cache) : List.of();
    }

    private static void removeOthers(Path target) throws IOException {
        try (var files = Files.newDirectoryStream(target, "pods-*.aot*")) {
            for (var file : files) {
                Files.delete(file);
            }
        }
    }

    private static void make(Path cache, PodProcess.Launch launch, OwnedPostgres postgres)
            throws IOException, SQLException {
        var link = new FaultyLink(postgres::port);
        var environment = Map.of("DATABASE_URL", postgres.url(DATABASE, link.port()));
        postgres.create(DATABASE);
        try (var pod =
                new PodProcess("training", launch.with(List.of("-XX:AOTCacheOutput=" + cache)), link, environment)) {
            pod.start();
            if (Waiting.until(START_LIMIT, pod::ready)) {
                train(pod, launch.folder().resolve("training.ndjson"));
                pod.terminate(ASSEMBLY_LIMIT);
            }
        } finally {
            postgres.drop(DATABASE);
        }
    }

    private static void train(PodProcess pod, Path attempts) throws IOException {
        try (var history = new History(attempts);
                var poster = new Poster(1, history, () -> pod.address().stream().toList())) {
            Waiting.pass(TRAINING);
            poster.stop();
        }
    }
}
