package io.millrace.cli;

import io.millrace.cli.IngestEntry.Place;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiConsumer;

/** The jobs that have neither completed nor failed so far, oldest first. */
final class JobWatch {

    private final ApiClient api;
    private final Retries retries;
    private final Map<UUID, Place> places = new LinkedHashMap<>();

    JobWatch(ApiClient api, Retries retries) {
        this.api = api;
        this.retries = retries;
    }

    void add(UUID job, Place place) {
        places.put(job, place);
    }

    boolean isEmpty() {
        return places.isEmpty();
    }

    /**
     * Asks for the oldest jobs, and tells of each that has ended with its document's place.
     *
     * @param idsMax jobs to ask for, so that a million open ones do not make ten thousand requests
     * @return whether any has ended
     */
    boolean round(int idsMax, BiConsumer<Place, JobStatus> ended) {
        var before = places.size();
        var oldest = places.keySet().stream().limit(idsMax).toList();
        for (var from = 0; from < oldest.size(); from += JobList.IDS_MAX) {
            ask(oldest.subList(from, Math.min(oldest.size(), from + JobList.IDS_MAX)), ended);
        }
        return places.size() < before;
    }

    private void ask(List<UUID> ids, BiConsumer<Place, JobStatus> ended) {
        var path = JobList.path(ids);
        var answer = Json.read(retries.call(() -> api.get(path)), JobList.class);
        var jobs = new ArrayList<>(answer.jobs());
        answer.missing().forEach(id -> jobs.add(lost(id)));
        for (var job : jobs) {
            if (job.ended()) {
                var place = places.remove(job.id());
                if (place != null) {
                    ended.accept(place, job);
                }
            }
        }
    }

    /** A job that the server gave an id to and now does not know is not going to complete. */
    private static JobStatus lost(UUID id) {
        return new JobStatus(
                id,
                null,
                null,
                "failed",
                null,
                null,
                null,
                0,
                null,
                null,
                null,
                "the server no longer knows job " + id);
    }
}
