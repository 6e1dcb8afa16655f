package io.millrace.pg;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** New digests of the algorithms that every JDK has, so that nobody has to say what happens without them. */
public final class Hashes {

    private Hashes() {}

    public static MessageDigest sha256() {
        return digest("SHA-256");
    }

    static MessageDigest sha1() {
        return digest("SHA-1");
    }

    static MessageDigest md5() {
        return digest("MD5");
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has " + algorithm, e);
        }
    }
}
