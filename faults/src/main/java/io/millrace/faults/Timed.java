package io.millrace.faults;

import io.millrace.faults.Nemesis.Injected;
import java.time.Duration;
import java.util.List;

/**
 * A plan that goes by the clock.
 *
 * @param time how long to break
 * @param faults those to choose from
 * @param longestPeace at most so long nothing is broken after a fault
 */
record Timed(Duration time, List<Fault> faults, Duration longestPeace) implements Plan {

    static final Duration PEACE = Duration.ofMillis(400);

    Timed {
        faults = List.copyOf(faults);
    }

    @Override
    public Corpus corpus(long seed) {
        return new Corpus(seed, Corpus.POISONS_OF_A_SEED);
    }

    @Override
    public List<Injected> run(long seed, Nemesis.Ground ground, History history) throws InterruptedException {
        var end = System.nanoTime() + time.toNanos();
        return Nemesis.inject(seed, faults, ground, longestPeace, () -> System.nanoTime() > end);
    }
}
