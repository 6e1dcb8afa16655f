package io.millrace.pg;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** UUIDs made from names: the same on every pod and every replay, so nothing is looked up before it is written. */
public final class NameUuid {

    private NameUuid() {}

    /**
     * Version 5 (RFC 9562) of the parts, each preceded by its length in bytes so that no two lists of parts collide.
     */
    public static UUID v5(UUID namespace, String... parts) {
        var digest = Hashes.sha1();
        digest.update(ByteBuffer.allocate(16)
                .putLong(namespace.getMostSignificantBits())
                .putLong(namespace.getLeastSignificantBits())
                .array());
        for (var part : parts) {
            var bytes = part.getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(4).putInt(bytes.length).array());
            digest.update(bytes);
        }
        return ofHash(digest.digest(), 5);
    }

    /** MD5 of a text, as PostgreSQL's {@code md5(text)::uuid}. */
    public static UUID md5(String text) {
        var hash = ByteBuffer.wrap(Hashes.md5().digest(text.getBytes(StandardCharsets.UTF_8)));
        return new UUID(hash.getLong(), hash.getLong());
    }

    /** Version 8 of the first half of a longer hash, for keys where a collision would be a wrong answer. */
    public static UUID ofSha256(byte[] sha256) {
        return ofHash(sha256, 8);
    }

    private static UUID ofHash(byte[] hash, int version) {
        var bits = ByteBuffer.wrap(hash);
        var most = (bits.getLong() & ~0xf000L) | ((long) version << 12);
        var least = (bits.getLong() & ~(0b11L << 62)) | (0b10L << 62);
        return new UUID(most, least);
    }
}
