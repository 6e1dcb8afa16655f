package io.millrace.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Documents of somebody's own, one JSON object a line, posted as they are. */
final class Corpus {

    private Corpus() {}

    static List<byte[]> lines(Path file, int limit) throws IOException {
        try (var lines = Files.lines(file)) {
            var documents = lines.filter(line -> !line.isBlank())
                    .limit(limit)
                    .map(line -> (line + "\n").getBytes(StandardCharsets.UTF_8))
                    .toList();
            if (documents.isEmpty()) {
                throw new IllegalArgumentException(file + " holds no document");
            }
            return documents;
        }
    }
}
