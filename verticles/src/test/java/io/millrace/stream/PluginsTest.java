package io.millrace.stream;

import static io.millrace.stream.Futures.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.pg.TestDatabase;
import io.millrace.stream.Plugins.PluginException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.IntStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's own processors, compiled and packed here as their author would, and loaded as {@code --processors} does. */
class PluginsTest {

    private static final String SERVICE = "META-INF/services/io.millrace.stream.ProcessorPlugin";
    private static final Path EXAMPLE = Path.of("src/test/java/io/millrace/example/Shouting.java");

    @TempDir
    private Path folder = Path.of("");

    @Test
    void anExampleThatIsLoadedFromAJarProcessesRecords() throws IOException {
        // In a package of its own, so that the class can come from nowhere but the jar.
        var source = Files.readString(EXAMPLE).replace("package io.millrace.example;", "package org.acme;");
        var jar = compiledJar("org.acme.Shouting", source);
        assertThatThrownBy(() -> Class.forName("org.acme.Shouting")).isInstanceOf(ClassNotFoundException.class);

        var loaded = Plugins.load(List.of(jar));

        assertThat(loaded).singleElement().satisfies(subscription -> {
            assertThat(subscription.group()).isEqualTo("shouting");
            assertThat(subscription.topic()).isEqualTo("lines");
        });
        try (var database = TestDatabase.create();
                var pod = new TestPod(database)) {
            var lines = pod.topic("lines", 4);
            var shouts = pod.topic("shouts", 4);
            pod.run(loaded.getFirst());
            get(Future.all(IntStream.range(0, 100)
                    .mapToObj(i -> pod.appender.append(lines, ProducerRecord.of("k" + i, Buffer.buffer("line " + i))))
                    .toList()));

            await().until(() -> values(pod, shouts).size() == 100);
            assertThat(values(pod, shouts))
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, 100).mapToObj(i -> "LINE " + i).toList());
        }
    }

    @Test
    void theReadmeShowsTheExampleAsItIs() throws IOException {
        var readme = Files.readString(Path.of("src/main/java/io/millrace/stream/README.md"));
        var from = readme.indexOf("```java") + "```java".length();
        var shown = readme.substring(from, readme.indexOf("```", from))
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();

        assertThat(shown).hasSizeGreaterThan(20);
        assertThat(Files.readString(EXAMPLE).lines().map(String::strip)).containsAll(shown);
    }

    private static List<String> values(TestPod pod, Topic topic) {
        var values = new ArrayList<String>();
        for (var partition = 0; partition < topic.partitions(); partition++) {
            get(pod.log.fetch(topic, partition, 0, 1 << 20))
                    .forEach(record -> values.add(record.requiredValue().toString()));
        }
        return values;
    }

    @Test
    void noJarsMeansNoProcessors() {
        assertThat(Plugins.load(List.of())).isEmpty();
    }

    @Test
    void aJarThatIsNotThereOrIsNoneIsNamed() throws IOException {
        var missing = folder.resolve("missing.jar");
        assertThatThrownBy(() -> Plugins.load(List.of(missing)))
                .isInstanceOf(PluginException.class)
                .hasMessageContaining("no such file")
                .hasMessageContaining("missing.jar");

        var text = Files.writeString(folder.resolve("text.jar"), "not a jar");
        assertThatThrownBy(() -> Plugins.load(List.of(text)))
                .isInstanceOf(PluginException.class)
                .hasMessageContaining("text.jar is not a jar");
    }

    @Test
    void aJarThatNamesNoProcessorSaysHowToNameOne() throws IOException {
        var jar = jar("empty.jar", List.of());

        assertThatThrownBy(() -> Plugins.load(List.of(jar)))
                .isInstanceOf(PluginException.class)
                .hasMessageContaining(SERVICE);
    }

    @Test
    void aClassThatIsNotThereIsNamed() throws IOException {
        var jar = jar("broken.jar", List.of(service("org.acme.Nowhere")));

        assertThatThrownBy(() -> Plugins.load(List.of(jar)))
                .isInstanceOf(PluginException.class)
                .hasMessageContaining("org.acme.Nowhere");
    }

    @Test
    void aProcessorThatThrowsWhenAskedForItsSubscriptionsIsNamed() throws IOException {
        var jar = compiledJar("org.acme.Throwing", """
                package org.acme;

                public class Throwing implements io.millrace.stream.ProcessorPlugin {
                    @Override
                    public java.util.List<io.millrace.stream.Subscription> subscriptions() {
                        throw new IllegalStateException("no licence");
                    }
                }
                """);

        assertThatThrownBy(() -> Plugins.load(List.of(jar)))
                .isInstanceOf(PluginException.class)
                .hasMessageContaining("org.acme.Throwing")
                .hasMessageContaining("no licence");
    }

    @Test
    void twoProcessorsOfOneGroupAreRefused() throws IOException {
        var jar = compiledJar("org.acme.Twice", """
                package org.acme;

                import io.millrace.stream.Subscription;
                import java.util.List;

                public class Twice implements io.millrace.stream.ProcessorPlugin {
                    @Override
                    public List<Subscription> subscriptions() {
                        return List.of(new Subscription("same", "a", p -> null), new Subscription("same", "b", p -> null));
                    }
                }
                """);

        assertThatThrownBy(() -> Plugins.load(List.of(jar)))
                .isInstanceOf(PluginException.class)
                .hasMessageContaining("the group same");
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Entry(String name, byte[] content) {}

    private static Entry service(String className) {
        return new Entry(SERVICE, className.getBytes(StandardCharsets.UTF_8));
    }

    private Path compiledJar(String className, String source) throws IOException {
        var simpleName = className.substring(className.lastIndexOf('.') + 1);
        var file = Files.writeString(folder.resolve(simpleName + ".java"), source);
        var classes = Files.createDirectory(folder.resolve("classes"));
        var errors = new StringWriter();
        var compiler = ToolProvider.getSystemJavaCompiler();
        try (var files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            var options = List.of("-d", classes.toString(), "-proc:none", "-cp", System.getProperty("java.class.path"));
            assertThat(compiler.getTask(errors, files, null, options, null, files.getJavaFileObjects(file))
                            .call())
                    .as(errors.toString())
                    .isTrue();
        }
        var entries = new ArrayList<>(List.of(service(className)));
        try (var compiled = Files.walk(classes)) {
            for (var one : compiled.filter(Files::isRegularFile).toList()) {
                entries.add(new Entry(classes.relativize(one).toString(), Files.readAllBytes(one)));
            }
        }
        return jar(simpleName + ".jar", entries);
    }

    private Path jar(String name, List<Entry> entries) throws IOException {
        var path = folder.resolve(name);
        try (var jar = new JarOutputStream(Files.newOutputStream(path))) {
            for (var entry : entries) {
                jar.putNextEntry(new JarEntry(entry.name()));
                jar.write(entry.content());
                jar.closeEntry();
            }
        }
        return path;
    }
}
