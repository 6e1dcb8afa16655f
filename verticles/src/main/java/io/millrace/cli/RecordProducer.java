package io.millrace.cli;

import java.util.List;
import java.util.function.Consumer;

/**
 * Appends groups of records to a topic, one after the other. A group is sent again only when the server said that nothing of
 * it was stored: the log does not recognise what comes twice.
 */
final class RecordProducer {

    private final ApiClient api;
    private final String path;
    private final Retries retries;
    private final Consumer<String> positions;
    private long stored;

    /** @param positions is told, as JSON, where each record landed, in their order */
    RecordProducer(ApiClient api, String topic, Retries retries, Consumer<String> positions) {
        this.api = api;
        this.path = Query.of("/v1/topics/%s/records", topic).toString();
        this.retries = retries;
        this.positions = positions;
    }

    /** @param records each a JSON object */
    void send(List<String> records) {
        if (records.isEmpty()) {
            return;
        }
        var body = "[" + String.join(",", records) + "]";
        var attempts = retries.new Attempts();
        while (true) {
            try {
                var answer = api.post(path, body);
                stored += records.size();
                Json.lines(answer, "records", false).forEach(positions);
                return;
            } catch (ClientException e) {
                if (!nothingStored(e)) {
                    throw e;
                }
                attempts.pauseOrThrow(e);
            }
        }
    }

    long stored() {
        return stored;
    }

    /** 502 and 504 come from something between, or mean that the database did not say; no answer at all says nothing. */
    static boolean nothingStored(ClientException failure) {
        return switch (failure) {
            case ApiException answer -> answer.status() < 500 || answer.status() == 503;
            case UnreachableException unreachable -> unreachable.neverConnected();
        };
    }
}
