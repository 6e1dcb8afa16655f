package io.millrace.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * One broker of Kafka with the settings and the heap that it is shipped with, in KRaft's combined mode, on an empty folder
 * that it leaves behind empty; and the two programs that Kafka measures itself with.
 */
final class KafkaBroker implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(30);

    /** Of the line about the records behind the warm-up ones, so that the producer's cold JVM does not count. */
    private static final Pattern PRODUCED =
            Pattern.compile("(\\d+) steady state records sent, ([\\d.]+) records/sec.*");

    private final Kafka kafka;
    private final Path folder;
    private final int port;
    private final Process process;
    private final Thread reaper;

    private KafkaBroker(Kafka kafka, Path folder, int port, Process process) {
        this.kafka = kafka;
        this.folder = folder;
        this.port = port;
        this.process = process;
        this.reaper = Thread.ofPlatform().unstarted(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(reaper);
    }

    static KafkaBroker start(Kafka kafka, Path folder) throws IOException {
        BenchServer.delete(folder);
        Files.createDirectories(folder);
        var ports = freePorts();
        var properties = folder.resolve("server.properties");
        var data = folder.resolve("data").toAbsolutePath();
        Files.writeString(properties, properties(ports.get(0), ports.get(1), data));
        var config = properties.toAbsolutePath().toString();
        var cluster = kafka.run("256M", "kafka.tools.StorageTool", List.of("random-uuid"))
                .getLast();
        kafka.run("256M", "kafka.tools.StorageTool", List.of("format", "--standalone", "-t", cluster, "-c", config));
        var command = kafka.command(List.of("-Xmx1G", "-Xms1G"), "kafka.Kafka", List.of(config));
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("broker.txt").toFile())
                .start();
        var broker = new KafkaBroker(kafka, folder, ports.getFirst(), process);
        try {
            broker.awaitListening();
        } catch (IOException | RuntimeException e) {
            broker.close();
            throw e;
        }
        return broker;
    }

    /** What {@code config/server.properties} says, with ports and folder of our own. */
    private static String properties(int port, int controllerPort, Path data) {
        return """
            process.roles=broker,controller
            node.id=1
            controller.quorum.bootstrap.servers=127.0.0.1:%2$d
            listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
            advertised.listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
            inter.broker.listener.name=PLAINTEXT
            controller.listener.names=CONTROLLER
            listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
            num.network.threads=3
            num.io.threads=8
            socket.send.buffer.bytes=102400
            socket.receive.buffer.bytes=102400
            socket.request.max.bytes=104857600
            log.dirs=%3$s
            num.partitions=1
            num.recovery.threads.per.data.dir=2
            offsets.topic.replication.factor=1
            share.coordinator.state.topic.replication.factor=1
            share.coordinator.state.topic.min.isr=1
            transaction.state.log.replication.factor=1
            transaction.state.log.min.isr=1
            log.retention.hours=168
            log.segment.bytes=1073741824
            log.retention.check.interval.ms=300000
            """.formatted(port, controllerPort, data);
    }

    private static List<Integer> freePorts() throws IOException {
        try (var first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var second = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return List.of(first.getLocalPort(), second.getLocalPort());
        }
    }

    private void awaitListening() throws IOException {
        var end = System.nanoTime() + START.toNanos();
        while (!listens()) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new IOException(
                        "Kafka's broker did not start:\n" + Files.readString(folder.resolve("broker.txt")));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    private boolean listens() {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private String address() {
        return "127.0.0.1:" + port;
    }

    /** @param config of the topic, as {@code name=value} */
    void createTopic(String topic, int partitions, List<String> config) throws IOException {
        var arguments = new ArrayList<>(List.of("--bootstrap-server", address(), "--create", "--topic", topic));
        arguments.addAll(List.of("--partitions", Integer.toString(partitions)));
        config.forEach(setting -> arguments.addAll(List.of("--config", setting)));
        kafka.run("256M", "org.apache.kafka.tools.TopicCommand", arguments);
    }

    /** Records a second, of those that follow a fifth to warm up with. */
    double produce(String topic, long records) throws IOException {
        var output = kafka.run(
                "512M",
                "org.apache.kafka.tools.ProducerPerformance",
                List.of(
                        "--bootstrap-server",
                        address(),
                        "--topic",
                        topic,
                        "--record-size",
                        Integer.toString(Records.VALUE_BYTES),
                        "--num-records",
                        Long.toString(records),
                        "--warmup-records",
                        Long.toString(records / 5),
                        "--throughput",
                        "-1",
                        "--command-property",
                        "acks=all"));
        return output.stream()
                .map(PRODUCED::matcher)
                .filter(line -> line.matches())
                .mapToDouble(line -> Double.parseDouble(line.group(2)))
                .findFirst()
                .orElseThrow(
                        () -> new IOException("ProducerPerformance printed no rate:\n" + String.join("\n", output)));
    }

    /** Records a second, joining the group aside. */
    double consume(String topic, long records) throws IOException {
        var output = kafka.run(
                "512M",
                "org.apache.kafka.tools.ConsumerPerformance",
                List.of(
                        "--bootstrap-server",
                        address(),
                        "--topic",
                        topic,
                        "--num-records",
                        Long.toString(records),
                        "--timeout",
                        "30000",
                        "--hide-header"));
        // start, end, MB, MB/s, records, records/s, ms of joining, ms of fetching, MB/s and records/s of fetching.
        var figures = output.getLast().split(", ", -1);
        if (figures.length != 10 || Long.parseLong(figures[4]) < records) {
            throw new IOException("ConsumerPerformance did not consume all:\n" + String.join("\n", output));
        }
        return Double.parseDouble(figures[9]);
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().removeShutdownHook(reaper);
        BenchServer.delete(folder);
    }
}
