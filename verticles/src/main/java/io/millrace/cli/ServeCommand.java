package io.millrace.cli;

import io.millrace.Config;
import io.millrace.Service;
import io.millrace.stream.Plugins;
import java.net.BindException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a pod until it is told to stop. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = {
            "Run the stages and the HTTP door until Ctrl-C or SIGTERM.",
            "Without any setting an embedded PostgreSQL keeps the data in ./data."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:stopped in order, by Ctrl-C or SIGTERM",
            "1:could not start, for example because of a setting, or not stop in order",
            "2:wrong usage",
            "70:a batch overran its deadline, which ends the process"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace serve --port 9000 --data-dir /var/lib/millrace",
            "  DATABASE_URL=postgresql://app:secret@host/millrace millrace serve --stages ingest,chunk"
        })
final class ServeCommand implements Callable<Integer> {

    @Mixin
    private final ServeOptions options = new ServeOptions();

    @Option(names = "--processors", paramLabel = "JAR", split = ",", description = "Jars with processors of your own.")
    private List<Path> processors = List.of();

    @Override
    public Integer call() throws InterruptedException {
        return run(options, processors, address -> {});
    }

    /** What to do once the pod is ready. */
    @FunctionalInterface
    interface Ready {
        void at(String address) throws InterruptedException;
    }

    static int run(ServeOptions options, List<Path> processors, Ready ready) throws InterruptedException {
        var config = options.config();
        var service = new Service(config, Plugins.load(processors));
        var stopped = new CountDownLatch(1);
        var hook = Thread.ofPlatform().name("millrace-stop").unstarted(() -> stopAndHalt(service, stopped));
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            var address = service.start();
            System.out.println("millrace is ready at " + address);
            ready.at(address);
        } catch (InterruptedException e) {
            // Told to stop while starting; the hook does that.
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            Runtime.getRuntime().removeShutdownHook(hook);
            service.stop();
            throw e.getCause() instanceof BindException bind ? cannotListen(config.http(), bind) : e;
        }
        stopped.await();
        return 0;
    }

    private static IllegalStateException cannotListen(Config.Http http, BindException cause) {
        return new IllegalStateException(
                "cannot listen on %s port %d (http.host and http.port, or --host and --port): %s"
                        .formatted(http.host(), http.port(), cause.getMessage()),
                cause);
    }

    /** SIGTERM and Ctrl-C are how a pod is meant to end: exit status 0, where the JVM's own would be 143 or 130. */
    private static void stopAndHalt(Service service, CountDownLatch stopped) {
        var status = 0;
        try {
            service.stop();
        } catch (InterruptedException | RuntimeException e) {
            System.err.println("millrace could not stop in order: " + e);
            status = 1;
        }
        stopped.countDown();
        Runtime.getRuntime().halt(status);
    }
}
