package io.millrace.extract;

/**
 * Confidence as evidence that adds up: -ln(1 - c), in millionths. Independent mentions multiply their doubts, so sums are
 * what an entity needs to keep, and integers sum the same in any order.
 */
public final class Confidence {

    /** What a sender means who gives none. */
    static final double UNTOLD = 90;

    /** Nothing is certain: a confidence of 100 would be infinite evidence, which could never be taken back. */
    private static final double CERTAIN = 99.99;

    private Confidence() {}

    /** Evidence of a confidence of 0 to 100. */
    public static int evidence(double confidence) {
        return (int) Math.round(-Math.log1p(-Math.clamp(confidence, 0, CERTAIN) / 100) * 1e6);
    }

    /** Confidence, 0 to 100, of a sum of evidence. */
    public static double of(long evidence) {
        return -100 * Math.expm1(-evidence / 1e6);
    }
}
