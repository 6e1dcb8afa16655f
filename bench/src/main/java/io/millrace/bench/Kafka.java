package io.millrace.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Apache Kafka's programs, each in a process of its own with the heap that Kafka's own scripts give it. */
final class Kafka {

    private static final String MARK = "kafka_2.13-";

    private final Path jars;
    private final String version;

    private Kafka(Path jars, String version) {
        this.jars = jars;
        this.version = version;
    }

    /** Kafka's jars in a folder, by Maven when they are not there yet: they are no part of the build. */
    static Kafka resolve(Path pom, Path jars) throws IOException {
        if (version(jars).isEmpty()) {
            Report.progress("resolving Apache Kafka with Maven");
            Program.run(
                    List.of(
                            "mvn",
                            "-B",
                            "-q",
                            "-f",
                            pom.toString(),
                            "dependency:copy-dependencies",
                            "-DincludeScope=runtime",
                            "-DoutputDirectory=" + jars.toAbsolutePath()),
                    Map.of());
        }
        return new Kafka(jars, version(jars));
    }

    /** Empty when it is not there. */
    private static String version(Path jars) throws IOException {
        if (!Files.isDirectory(jars)) {
            return "";
        }
        try (var files = Files.list(jars)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(MARK))
                    .map(name -> name.substring(MARK.length(), name.length() - ".jar".length()))
                    .findFirst()
                    .orElse("");
        }
    }

    String version() {
        return version;
    }

    List<String> run(String heap, String main, List<String> arguments) throws IOException {
        return Program.run(command(List.of("-Xmx" + heap), main, arguments), Map.of());
    }

    List<String> command(List<String> options, String main, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        // As Kafka's scripts ask for.
        command.addAll(List.of(
                "-server",
                "-XX:+UseG1GC",
                "-XX:MaxGCPauseMillis=20",
                "-XX:InitiatingHeapOccupancyPercent=35",
                "-XX:+ExplicitGCInvokesConcurrent",
                "-Djava.awt.headless=true"));
        command.addAll(List.of("-cp", jars.toAbsolutePath() + "/*", main));
        command.addAll(arguments);
        return command;
    }
}
