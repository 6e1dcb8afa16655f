package io.millrace.cli;

import io.millrace.cli.IngestEntry.Line;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Posts documents until each has an answer that stays: what was not answered, or refused for the moment only, is sent
 * again. That is safe, since the server recognises what it has already stored.
 */
final class DocumentPoster {

    private static final String PATH = "/v1/documents";

    private final ApiClient api;
    private final Retries retries;

    DocumentPoster(ApiClient api, Retries retries) {
        this.api = api;
        this.retries = retries;
    }

    /**
     * Tells each line's result as soon as it stays; throws when some still have none and trying again is of no use.
     *
     * <p>A request that broke without a single answer is halved. Java's client reads only after it has written everything,
     * while the server answers as it reads: 31 MiB whose answers came to 6 MiB stood still on a loopback connection, and
     * 4 MiB passed. Fewer lines have smaller answers, and a request that merely took too long gets shorter as well.
     */
    void post(List<Line> lines, BiConsumer<Line, LineResult> settled) {
        var pending = lines;
        var size = lines.size();
        var attempts = retries.new Attempts();
        while (!pending.isEmpty()) {
            var sent = pending.subList(0, Math.min(size, pending.size()));
            var answer = api.postLines(PATH, sent.stream().map(Line::bytes).toList());
            var results = inOrder(answer.lines(), sent.size());
            var open = settle(sent, results, settled);
            if (open.size() < sent.size()) {
                attempts = retries.new Attempts();
            } else if (answer.broken() instanceof UnreachableException) {
                size = Math.ceilDiv(sent.size(), 2);
            }
            if (!open.isEmpty()) {
                attempts.pauseOrThrow(reason(answer, results));
            }
            open.addAll(pending.subList(sent.size(), pending.size()));
            pending = open;
        }
    }

    private static @Nullable LineResult[] inOrder(List<String> answer, int count) {
        var results = new @Nullable LineResult[count];
        answer.stream()
                .flatMap(line -> LineResult.parse(line).stream())
                .filter(result -> result.line() >= 1 && result.line() <= count)
                .forEach(result -> results[result.line() - 1] = result);
        return results;
    }

    /**
     * Hands out the results that stay, and gives back the lines to send again. An accepted line is among them when an
     * earlier one of the same document is: sent alone, the earlier one would arrive last and count as the newer version.
     */
    private static List<Line> settle(
            List<Line> lines, @Nullable LineResult[] results, BiConsumer<Line, LineResult> settled) {
        var open = new ArrayList<Line>();
        var openUris = new HashSet<String>();
        for (var i = 0; i < lines.size(); i++) {
            var line = lines.get(i);
            var result = results[i];
            if (result == null || result.passing()) {
                open.add(line);
                openUris.add(Objects.requireNonNullElse(line.sourceUri(), ""));
            } else if (result.jobId() != null && openUris.contains(result.sourceUri())) {
                open.add(line);
            } else {
                settled.accept(line, result);
            }
        }
        return open;
    }

    private static ClientException reason(ApiClient.LineAnswer answer, @Nullable LineResult[] results) {
        if (answer.broken() != null) {
            return answer.broken();
        }
        return Stream.of(results)
                .filter(Objects::nonNull)
                .filter(LineResult::passing)
                .findFirst()
                .map(LineResult::asException)
                .orElseGet(() -> ApiException.unexpected(200, "the server left lines unanswered"));
    }
}
