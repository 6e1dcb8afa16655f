package io.millrace.web;

import io.millrace.MillraceException;
import io.millrace.MillraceException.Overloaded;
import io.millrace.MillraceException.QuotaExceeded;
import io.millrace.jobs.JobStore.OpenJobs;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The documents that were accepted and have not ended, by workspace: what the last sample of the database counted, and what
 * this pod has accepted since it began. What other pods accept between two samples is not in it, and by so much the bounds
 * may be passed. For one thread.
 *
 * <p>Counted are jobs, and neither offsets nor lag: a document counts until the last stage has done its part, wherever it
 * waits, and what a seek makes a stage read again has ended long ago.
 */
final class OpenDocuments {

    /** Coming back just below a bound would only mean to be turned away again. */
    private static final double WORTH_COMING = 0.9;

    /** How fast a workspace's documents ended is remembered for so long after the last one. */
    private static final long KEPT_NANOS = Duration.ofSeconds(15).toNanos();

    private final AdmissionLimits limits;
    private final Map<String, Held> byWorkspace = new HashMap<>();
    private final Held all = new Held();
    private long ended;

    OpenDocuments(AdmissionLimits limits) {
        this.limits = limits;
    }

    /** What a request brings, or a workspace has. */
    record Size(long documents, long bytes) {

        static final Size NONE = new Size(0, 0);

        Size plus(Size other) {
            return new Size(documents + other.documents, bytes + other.bytes);
        }

        Size minus(Size other) {
            return new Size(documents - other.documents, bytes - other.bytes);
        }
    }

    private static final class Held {
        private Size sampled = Size.NONE;
        /** On their way into the database. */
        private Size underWay = Size.NONE;
        /** Committed since the last sample began. */
        private Size stored = Size.NONE;
        /** Of these, what had committed when the sample under way began, which therefore counts it. */
        private Size storedBefore = Size.NONE;

        private boolean empty;
        private long emptyNanos;
        private final Backlog backlog = new Backlog();

        Size size() {
            return sampled.plus(underWay).plus(stored);
        }

        void begin() {
            storedBefore = stored;
        }

        void sampled(Size counted, long nanos) {
            if (counted.documents() == 0) {
                backlog.idle(nanos);
            }
            sampled = counted;
            stored = stored.minus(storedBefore);
            storedBefore = Size.NONE;
            var nothing = size().documents() == 0;
            emptyNanos = nothing && empty ? emptyNanos : nanos;
            empty = nothing;
        }
    }

    /** A sample of the database is about to be taken: what has committed by now will be in it. */
    void beginSample() {
        all.begin();
        byWorkspace.values().forEach(Held::begin);
    }

    /**
     * A sample has come.
     *
     * @param nanos when, by a clock that never goes back
     */
    void sampled(Collection<OpenJobs> open, long nanos) {
        var total = Size.NONE;
        var counted = new HashMap<String, Size>();
        for (var jobs : open) {
            var size = new Size(jobs.jobs(), jobs.bytes());
            counted.put(jobs.workspace(), size);
            total = total.plus(size);
            ended += held(jobs.workspace()).backlog.measure(jobs.ended(), nanos);
        }
        all.backlog.measure(ended, nanos);
        all.sampled(total, nanos);
        byWorkspace.forEach((workspace, held) -> held.sampled(counted.getOrDefault(workspace, Size.NONE), nanos));
        byWorkspace.values().removeIf(held -> held.empty && nanos - held.emptyNanos > KEPT_NANOS);
    }

    private Held held(String workspace) {
        return byWorkspace.computeIfAbsent(workspace, name -> new Held());
    }

    /** Why a request is turned away now; null when there is room for it. */
    @Nullable
    MillraceException refusal(String workspace, Size request, long nanos) {
        var own = byWorkspace.get(workspace);
        if (own != null) {
            var wait = longest(
                    wait(own, limits.maxOpenPerWorkspace(), own.size().documents(), request.documents(), 1, nanos),
                    wait(
                            own,
                            limits.maxOpenBytesPerWorkspace(),
                            own.size().bytes(),
                            request.bytes(),
                            meanBytes(own),
                            nanos));
            if (wait != null) {
                return quotaExceeded(workspace, own.size(), wait);
            }
        }
        var waiting = all.size().documents();
        var wait = wait(all, limits.maxLag(), waiting, request.documents(), 1, nanos);
        return wait == null
                ? null
                : new Overloaded(
                        "%d documents are accepted and not finished, of %d that may be; nothing was stored."
                                .formatted(waiting, limits.maxLag()),
                        wait);
    }

    /**
     * When there will be room; null when there is. A request that is larger than the bound has room when nothing else is
     * there, since it could never be accepted otherwise.
     *
     * @param perDocument what a document that ends gives back
     */
    private static @Nullable Duration wait(Held held, long max, long there, long more, double perDocument, long nanos) {
        if (max == 0 || there == 0 || there + more <= max) {
            return null;
        }
        var worthComing = Math.clamp(max - more, 0, (long) (WORTH_COMING * max));
        return held.backlog.untilFewer((there - worthComing) / perDocument, nanos);
    }

    private static double meanBytes(Held held) {
        var size = held.size();
        return Math.max(1.0, (double) size.bytes() / Math.max(1, size.documents()));
    }

    private static @Nullable Duration longest(@Nullable Duration a, @Nullable Duration b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.compareTo(b) > 0 ? a : b;
    }

    private QuotaExceeded quotaExceeded(String workspace, Size open, Duration retryAfter) {
        return new QuotaExceeded(
                "Workspace %s has %d documents of %d bytes that are accepted and not finished; its quota is %s. Nothing was stored."
                        .formatted(workspace, open.documents(), open.bytes(), quota()),
                Map.of("workspace", workspace, "open_documents", open.documents(), "open_bytes", open.bytes()),
                retryAfter);
    }

    private String quota() {
        var documents = limits.maxOpenPerWorkspace() + " documents";
        var bytes = limits.maxOpenBytesPerWorkspace() + " bytes";
        if (limits.maxOpenPerWorkspace() == 0) {
            return bytes;
        }
        return limits.maxOpenBytesPerWorkspace() == 0 ? documents : documents + " or " + bytes;
    }

    /** A request is on its way into the database. */
    void send(String workspace, Size request) {
        move(workspace, held -> held.underWay = held.underWay.plus(request));
    }

    /** What was on its way is stored, or may be. */
    void stored(String workspace, Size request) {
        move(workspace, held -> {
            held.underWay = held.underWay.minus(request);
            held.stored = held.stored.plus(request);
        });
    }

    /** Nothing of what was on its way is stored. */
    void notStored(String workspace, Size request) {
        move(workspace, held -> held.underWay = held.underWay.minus(request));
    }

    private void move(String workspace, Consumer<Held> change) {
        change.accept(held(workspace));
        change.accept(all);
    }
}
