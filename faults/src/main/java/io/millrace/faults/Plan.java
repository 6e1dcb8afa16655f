package io.millrace.faults;

import io.millrace.faults.Nemesis.Injected;
import java.util.List;
import java.util.Map;

/** What a seed does between the start of its pods and the healing. */
interface Plan {

    /** The documents that are posted. */
    Corpus corpus(long seed);

    /** For the JVM of each pod. */
    default List<String> flags() {
        // A process that lives for seconds is not worth the optimising compiler.
        return List.of("-XX:TieredStopAtLevel=1");
    }

    /** Settings of each pod, besides those that all seeds have. */
    default Map<String, String> environment() {
        return Map.of();
    }

    /** Breaks, while documents are posted, until it is over; gives what was broken. */
    List<Injected> run(long seed, Nemesis.Ground ground, History history) throws InterruptedException;

    /** What is counted beyond what every seed counts, once all has been drained. */
    default List<Count> counts(History history) {
        return List.of();
    }
}
