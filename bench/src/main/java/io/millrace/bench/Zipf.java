package io.millrace.bench;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Zipf's distribution with exponent 1 over ranks 0 to {@code size - 1}: rank r comes up in proportion to 1 / (r + 1). */
final class Zipf {

    private final double[] cumulative;

    Zipf(int size) {
        cumulative = new double[size];
        var sum = 0.0;
        for (var rank = 0; rank < size; rank++) {
            sum += 1.0 / (rank + 1);
            cumulative[rank] = sum;
        }
    }

    int next(RandomGenerator random) {
        var at = Arrays.binarySearch(cumulative, random.nextDouble() * cumulative[cumulative.length - 1]);
        return Math.min(at >= 0 ? at : -at - 1, cumulative.length - 1);
    }
}
