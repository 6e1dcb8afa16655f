package io.millrace.faults;

import io.millrace.faults.History.Outcome;
import io.millrace.faults.Nemesis.Injected;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * A plan that goes on until so many documents were acknowledged: streams of them as fast as the pods take them, and nemeses
 * that leave the pods time to work.
 *
 * @param documents how many are to be acknowledged
 * @param faults those to choose from
 * @param longestPeace at most so long nothing is broken after a fault
 * @param out takes a line now and then about how far it has come
 */
record Volume(long documents, List<Fault> faults, Duration longestPeace, PrintStream out) implements Plan {

    static final Duration PEACE = Duration.ofSeconds(20);

    private static final int STREAMS = 4;
    private static final int DOCUMENTS_IN_STREAM = 500;

    /** Each stops its partition for seconds, since its neighbours are then tried one at a time. */
    private static final int POISONS = 30;

    /** What is less than this is a failure of its own. */
    private static final int SLOWEST_PER_SECOND = 200;

    private static final Duration START = Duration.ofMinutes(3);
    private static final Duration REPORT = Duration.ofSeconds(10);

    Volume {
        faults = List.copyOf(faults);
    }

    @Override
    public Corpus corpus(long seed) {
        return new Corpus(seed, (int) Math.min(Corpus.POISONS_OF_A_SEED, POISONS * 1_000_000L / documents));
    }

    /** All that a pod is started with when it is to work for minutes. */
    @Override
    public List<String> flags() {
        return List.of();
    }

    /** Few enough may wait that senders are told to come back later, and that draining takes seconds. */
    @Override
    public Map<String, String> environment() {
        return Map.of(
                "MILLRACE_INGEST_MAX_LAG", "20000",
                "MILLRACE_DATABASE_POOL_SIZE", "12",
                "MILLRACE_GROUPS_DEADLINE", "30s");
    }

    @Override
    public List<Injected> run(long seed, Nemesis.Ground ground, History history) throws InterruptedException {
        try (var progress = new Progress(history, ground.pods())) {
            ground.poster().flood(seed, STREAMS, DOCUMENTS_IN_STREAM);
            progress.start();
            return Nemesis.inject(seed, faults, ground, longestPeace, over(() -> history.count(Outcome.OK)));
        }
    }

    @Override
    public List<Count> counts(History history) {
        var acknowledged = history.count(Outcome.OK);
        return List.of(Count.of(
                "documents asked for that were not acknowledged in time",
                acknowledged >= documents
                        ? List.of()
                        : List.of("%d of %d within %s".formatted(acknowledged, documents, limit()))));
    }

    private Duration limit() {
        return START.plusSeconds(documents / SLOWEST_PER_SECOND);
    }

    /** Becomes true when so many were acknowledged, or when that has taken far too long. */
    private BooleanSupplier over(LongSupplier acknowledged) {
        var end = System.nanoTime() + limit().toNanos();
        return () -> acknowledged.getAsLong() >= documents || System.nanoTime() > end;
    }

    /** Tells how far it has come until it is closed. */
    private final class Progress implements AutoCloseable {
        private final History history;
        private final List<PodProcess> pods;
        private final long began = System.nanoTime();
        private final AtomicLong largest = new AtomicLong();
        private final Thread thread;
        private long before;

        Progress(History history, List<PodProcess> pods) {
            this.history = history;
            this.pods = List.copyOf(pods);
            this.thread = Thread.ofVirtual().unstarted(this::run);
        }

        void start() {
            thread.start();
        }

        private void run() {
            while (!Thread.currentThread().isInterrupted()) {
                if (Waiting.until(REPORT, Thread.currentThread()::isInterrupted)) {
                    return;
                }
                pods.forEach(pod -> largest.accumulateAndGet(peakMebibytes(pod.pid()), Math::max));
                var acknowledged = history.count(Outcome.OK);
                out.printf(
                        "  %4d s: %d of %d acknowledged, %d/s; %d failed, %d unknown%n",
                        TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began),
                        acknowledged,
                        documents,
                        (acknowledged - before) / REPORT.toSeconds(),
                        history.count(Outcome.FAILED),
                        history.count(Outcome.UNKNOWN));
                before = acknowledged;
            }
        }

        /** The most memory that a process has had in the machine, heap and all; 0 when it is gone. */
        private static long peakMebibytes(long pid) {
            try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
                return lines.filter(line -> line.startsWith("VmHWM:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
                        .findFirst()
                        .orElse(0);
            } catch (IOException e) {
                return 0;
            }
        }

        @Override
        public void close() {
            thread.interrupt();
            var seconds = Math.max(1, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began));
            var acknowledged = history.count(Outcome.OK);
            var own = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
            out.printf(
                    "  %d acknowledged in %d s, %d/s; the largest pod took %d MiB of memory, of which the heap at most 256; the harness %d s of processor%n",
                    acknowledged, seconds, acknowledged / seconds, largest.get(), own.toSeconds());
        }
    }
}
