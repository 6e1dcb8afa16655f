package io.millrace.faults;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A document on which a processor never ends. It ends one process after the other until it is put aside, so there is one a
 * seed, and it is never posted again.
 */
final class EndlessLoop {

    /** Somewhat more than a batch may be computed. */
    private static final Duration OVERRUN_LIMIT = Duration.ofSeconds(9);

    private final Poster poster;
    private final List<PodProcess> pods;
    private boolean posted;

    EndlessLoop(Poster poster, List<PodProcess> pods) {
        this.poster = poster;
        this.pods = List.copyOf(pods);
    }

    /** Gives what proves that a pod ended itself over it; null when none has, or it was posted before. */
    @Nullable
    String post() {
        if (posted) {
            return null;
        }
        var before = overruns();
        posted = poster.postEndlessLoop();
        return posted && Waiting.until(OVERRUN_LIMIT, () -> overruns() > before)
                ? "a pod ended with status " + PodProcess.OVERRUN
                : null;
    }

    private int overruns() {
        return pods.stream().mapToInt(PodProcess::overruns).sum();
    }
}
