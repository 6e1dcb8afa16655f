package io.millrace.chunk;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.ingest.Document;
import io.millrace.ingest.SuppliedEntity;
import io.millrace.ingest.SuppliedRelationship;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The sender's extraction, dealt out over the chunks: each entity and relationship to the first chunk that contains its
 * name, or both names, or at least its source; else to the first chunk.
 */
final class SuppliedByChunk {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    private record Supplied(List<SuppliedEntity> entities, List<SuppliedRelationship> relationships) {}

    private SuppliedByChunk() {}

    /** JSON for each chunk, given the texts of the chunks; nulls when the sender supplied no extraction. */
    static List<@Nullable String> of(Document document, List<String> chunks) {
        var json = new ArrayList<@Nullable String>();
        if (!document.supplied()) {
            chunks.forEach(chunk -> json.add(null));
            return json;
        }
        var supplied = chunks.stream()
                .map(chunk -> new Supplied(new ArrayList<>(), new ArrayList<>()))
                .toList();
        for (var entity : document.entities()) {
            supplied.get(first(chunks, chunk -> chunk.contains(entity.name())))
                    .entities
                    .add(entity);
        }
        for (var relationship : document.relationships()) {
            supplied.get(chunkOf(relationship, chunks)).relationships.add(relationship);
        }
        supplied.forEach(part -> json.add(write(part)));
        return json;
    }

    private static int chunkOf(SuppliedRelationship relationship, List<String> chunks) {
        if (chunks.size() == 1) {
            return 0;
        }
        Predicate<String> source = chunk -> chunk.contains(relationship.source());
        Predicate<String> both = source.and(chunk -> chunk.contains(relationship.target()));
        return chunks.stream().anyMatch(both) ? first(chunks, both) : first(chunks, source);
    }

    private static int first(List<String> chunks, Predicate<String> matching) {
        if (chunks.size() == 1) {
            // What holds for most documents, and their names need not be looked for: 4% of all Java time.
            return 0;
        }
        for (var i = 0; i < chunks.size(); i++) {
            if (matching.test(chunks.get(i))) {
                return i;
            }
        }
        return 0;
    }

    private static String write(Supplied supplied) {
        try {
            return JSON.writeValueAsString(supplied);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("records of strings and numbers have a JSON form", e);
        }
    }
}
