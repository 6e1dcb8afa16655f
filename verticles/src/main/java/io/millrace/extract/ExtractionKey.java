package io.millrace.extract;

import io.millrace.pg.Hashes;
import io.millrace.pg.NameUuid;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.UUID;

/** Key of the extraction cache: all that an extraction depends on, which is the passage and the configuration. */
final class ExtractionKey {

    private ExtractionKey() {}

    static UUID of(String configuration, Passage passage) {
        var digest = Hashes.sha256();
        add(digest, configuration);
        add(digest, passage.title() == null ? "" : passage.title());
        add(digest, passage.text());
        return NameUuid.ofSha256(digest.digest());
    }

    private static void add(MessageDigest digest, String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }
}
