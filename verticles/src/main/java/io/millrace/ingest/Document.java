package io.millrace.ingest;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A text that somebody sent, with all that he said about it. Its identity is workspace and source URI.
 *
 * @param metadata the text of a JSON object exactly as the sender wrote it, spaces and digits included
 * @param supplied whether the sender brought his own extraction: empty lists then say that there is nothing to extract,
 *     while without it the extractor has to look
 */
public record Document(
        String workspace,
        String sourceUri,
        String content,
        ContentType contentType,
        String jobType,
        @Nullable String metadata,
        List<SuppliedEntity> entities,
        List<SuppliedRelationship> relationships,
        boolean supplied) {

    public static final String DEFAULT_JOB_TYPE = "ingest_doc";

    public Document {
        entities = List.copyOf(entities);
        relationships = List.copyOf(relationships);
        if (!supplied && !(entities.isEmpty() && relationships.isEmpty())) {
            throw new IllegalArgumentException("an extraction is there, but said not to be supplied");
        }
    }
}
