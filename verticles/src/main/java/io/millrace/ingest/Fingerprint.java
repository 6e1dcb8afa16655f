package io.millrace.ingest;

import io.millrace.pg.Hashes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The SHA-256 over what decides a document's part in the graph: content, content type and supplied extraction. Metadata
 * and job type do not count, so a crawler may stamp each fetch without making a new version.
 *
 * <p>Each text goes in behind its length and each list behind its size, or else {@code ("ab", "c")} and {@code ("a",
 * "bc")} would be one. The result is stored and compared across releases: a change of the encoding needs another {@link
 * #ENCODING}, and makes every document look new once.
 */
public final class Fingerprint {

    private static final String ENCODING = "millrace-document-1";
    private static final String REQUEST_ENCODING = "millrace-request-1";

    private final MessageDigest digest = Hashes.sha256();
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

    private Fingerprint() {}

    /** 32 bytes over a whole request: what is said of each document but its metadata, their order, and their number. */
    static byte[] ofRequest(List<Document> documents, boolean array) {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.add(REQUEST_ENCODING);
        fingerprint.add(array ? 1 : 0);
        fingerprint.add(documents.size());
        for (Document document : documents) {
            fingerprint.add(document.sourceUri());
            fingerprint.add(document.jobType());
            fingerprint.digest.update(of(document));
        }
        return fingerprint.digest.digest();
    }

    /** 32 bytes. */
    public static byte[] of(Document document) {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.add(ENCODING);
        fingerprint.add(document.contentType().mediaType());
        fingerprint.add(document.content());
        fingerprint.add(document.supplied() ? 1 : 0);
        fingerprint.add(document.entities().size());
        document.entities().forEach(fingerprint::add);
        fingerprint.add(document.relationships().size());
        document.relationships().forEach(fingerprint::add);
        return fingerprint.digest.digest();
    }

    private void add(SuppliedEntity entity) {
        add(entity.name());
        add(entity.type());
        addOptional(entity.description());
        addOptional(entity.confidence());
    }

    private void add(SuppliedRelationship relationship) {
        add(relationship.source());
        add(relationship.target());
        add(relationship.type());
        addOptional(relationship.description());
        addOptional(relationship.confidence());
    }

    private void addOptional(@Nullable String text) {
        add(text == null ? 0 : 1);
        if (text != null) {
            add(text);
        }
    }

    private void addOptional(@Nullable Double value) {
        add(value == null ? 0 : 1);
        if (value != null) {
            add(Double.doubleToLongBits(value));
        }
    }

    private void add(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        add(bytes.length);
        digest.update(bytes);
    }

    private void add(long value) {
        digest.update(number.clear().putLong(value).flip());
    }
}
