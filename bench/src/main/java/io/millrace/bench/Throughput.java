package io.millrace.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** So many things in so many seconds. */
record Throughput(long count, double seconds) {

    double perSecond() {
        return count / seconds;
    }

    static double medianPerSecond(List<Throughput> rounds) {
        return median(rounds, Throughput::perSecond);
    }

    static <T> double median(List<T> rounds, ToDoubleFunction<T> figure) {
        var sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
        var middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
