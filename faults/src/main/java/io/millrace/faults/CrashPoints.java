package io.millrace.faults;

import io.millrace.faults.FaultyLink.Side;
import io.millrace.faults.FaultyLink.Strike;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * All places at which a pod can be struck, and what became of each: before and after every statement that any pod was ever
 * seen to send, killing the pod and cutting only its connection. Whichever comes by first is struck first, each once.
 * Thread-safe.
 */
final class CrashPoints {

    private static final long NANOS_BETWEEN_STRIKES = 200_000_000;

    /** What is struck. */
    enum How {
        KILL,
        CUT
    }

    /** A place to strike at. */
    record Point(String statement, Side side, How how) {

        private static final Comparator<Point> ORDER = Comparator.comparing(Point::statement)
                .thenComparing(Point::side)
                .thenComparing(Point::how);

        String place() {
            return (side == Side.BEFORE ? "before " : "after ") + statement;
        }

        @Override
        public String toString() {
            return (how == How.KILL ? "kill " : "cut ") + place();
        }
    }

    private static final class Fate {
        private boolean underWay;
        private boolean struck;
        /** How often it came by while others could be struck, and was let go by since no other pod was ready. */
        private int spared;
        /** How often its connection broke, or its pod was gone, before its moment came. */
        private int missed;
    }

    private final Map<Point, Fate> fates = new TreeMap<>(Point.ORDER);
    private final Map<String, Integer> seen = new TreeMap<>();
    private final Map<String, Integer> seenWhenCalm = new HashMap<>();
    private final Map<PodProcess, Long> lastStrikes = new HashMap<>();
    private final List<PodProcess> pods;
    private final Consumer<Nemesis.Injected> injected;
    private boolean striking;
    private long lastNewsNanos = System.nanoTime();

    /** @param injected hears of each strike that was made */
    CrashPoints(List<PodProcess> pods, Consumer<Nemesis.Injected> injected) {
        this.pods = List.copyOf(pods);
        this.injected = injected;
        this.pods.forEach(pod -> pod.link().ambush(label -> at(pod, label)));
    }

    /** From now on what comes by is struck; until now it was only learned. */
    synchronized void strike() {
        striking = true;
        seenWhenCalm.putAll(seen);
        lastNewsNanos = System.nanoTime();
    }

    private synchronized @Nullable Strike at(PodProcess pod, String label) {
        seen.merge(label, 1, Integer::sum);
        Point chosen = null;
        for (var how : How.values()) {
            for (var side : Side.values()) {
                var point = new Point(label, side, how);
                var fate = fates.computeIfAbsent(point, first -> new Fate());
                var open = striking && !fate.struck && !fate.underWay;
                if (open && !mayStrike(pod, how)) {
                    fate.spared++;
                } else if (open && chosen == null) {
                    chosen = point;
                }
            }
        }
        return chosen == null ? null : begin(pod, chosen);
    }

    /** Somebody must be left to work, or the rarer statements never come. */
    private boolean mayStrike(PodProcess pod, How how) {
        var last = lastStrikes.get(pod);
        var rested = last == null || System.nanoTime() - last >= NANOS_BETWEEN_STRIKES;
        return rested && (how == How.CUT || pods.stream().anyMatch(other -> other != pod && other.ready()));
    }

    private Strike begin(PodProcess pod, Point point) {
        fate(point).underWay = true;
        lastStrikes.put(pod, System.nanoTime());
        return new Strike(point.side(), () -> struck(pod, point), () -> missed(point));
    }

    private Fate fate(Point point) {
        return fates.computeIfAbsent(point, first -> new Fate());
    }

    /** Not synchronized as a whole: it takes a moment until a killed pod is gone. */
    private String struck(PodProcess pod, Point point) {
        var at = Instant.now();
        if (point.how() == How.KILL && pod.kill() != PodProcess.KILLED) {
            missed(point);
            return "";
        }
        var proof = point.how() == How.KILL
                ? "%s ended with status %d %s".formatted(pod.name(), PodProcess.KILLED, point.place())
                : "%s was cut off %s".formatted(pod.name(), point.place());
        synchronized (this) {
            fate(point).struck = true;
            lastNewsNanos = System.nanoTime();
        }
        var fault = point.how() == How.KILL ? Fault.KILL_AT_STATEMENT : Fault.CUT_AT_STATEMENT;
        injected.accept(new Nemesis.Injected(fault, at, proof));
        return proof;
    }

    private synchronized void missed(Point point) {
        fate(point).underWay = false;
        fate(point).missed++;
    }

    synchronized int struck() {
        return (int) fates.values().stream().filter(fate -> fate.struck).count();
    }

    synchronized int known() {
        return fates.size();
    }

    synchronized int statements() {
        return seen.size();
    }

    synchronized long quietNanos() {
        return System.nanoTime() - lastNewsNanos;
    }

    /** Each that was not struck, and why. */
    synchronized List<String> left() {
        var left = new ArrayList<String>();
        fates.forEach((point, fate) -> {
            if (!fate.struck) {
                left.add(point + ": " + why(point, fate));
            }
        });
        return left;
    }

    private String why(Point point, Fate fate) {
        var calm = seenWhenCalm.getOrDefault(point.statement(), 0);
        var since = seen.getOrDefault(point.statement(), 0) - calm;
        if (since == 0) {
            return "came by %d times while learning, and never again".formatted(calm);
        }
        return "came by %d times since learning; %d times no other pod was ready or the pod had just been struck, %d times the connection broke before the moment came"
                .formatted(since, fate.spared, fate.missed);
    }

    /** Each point and whether it was struck, and the statements behind the names. */
    synchronized List<String> lines(UnaryOperator<String> named) {
        var lines = new ArrayList<String>();
        fates.forEach((point, fate) -> lines.add((fate.struck ? "struck  " : "left    ")
                + named.apply(point.toString())
                + (fate.struck ? "" : ": " + why(point, fate))));
        lines.add("");
        Wire.texts().forEach((name, sql) -> lines.add(name + ": " + sql));
        return lines;
    }
}
