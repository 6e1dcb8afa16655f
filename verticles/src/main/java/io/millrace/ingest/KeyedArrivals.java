package io.millrace.ingest;

import io.millrace.jobs.JobStore.NewJob;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A request that came with an idempotency key, ready to be stored. Its first job stands for it. */
record KeyedArrivals(List<Arrival> arrivals, Buffer fingerprint) {

    KeyedArrivals {
        arrivals = List.copyOf(arrivals);
    }

    UUID firstJob() {
        return arrivals.getFirst().job().id();
    }

    /** The rows of its jobs, the first with the request's fingerprint. */
    List<NewJob> jobs() {
        var jobs = new ArrayList<NewJob>();
        for (var arrival : arrivals) {
            jobs.add(jobs.isEmpty() ? arrival.job().withRequestFingerprint(fingerprint) : arrival.job());
        }
        return jobs;
    }
}
