package io.millrace.extract;

/** The rules that both kinds of mention obey, checked where a mention is made so that none breaks them later. */
final class Evidence {
    private Evidence() {}

    static void requireName(String value, String component) {
        if (value.isBlank()) {
            throw new IllegalArgumentException(component + " of a mention is blank");
        }
    }

    static void requireSpan(int start, int end) {
        var unknown = start == -1 && end == -1;
        if (!unknown && (start < 0 || end <= start)) {
            throw new IllegalArgumentException("span of a mention is [" + start + "," + end + ")");
        }
    }

    static void requireConfidence(double confidence) {
        // Written so that NaN fails too.
        if (!(confidence >= 0 && confidence <= 100)) {
            throw new IllegalArgumentException("confidence of a mention is " + confidence + ", not 0 to 100");
        }
    }
}
