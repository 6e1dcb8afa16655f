package io.millrace.web;

/**
 * The bounds on what one request may bring that a configuration may move.
 *
 * @param documentsMax documents in one array
 * @param contentBytesMax bytes of one content, in UTF-8
 */
record DocumentLimits(int documentsMax, int contentBytesMax) {

    static final DocumentLimits DEFAULT = new DocumentLimits(1_000, 10 << 20);

    DocumentLimits {
        if (documentsMax < 1 || contentBytesMax < 1) {
            throw new IllegalArgumentException(
                    "a limit below 1: %d documents, %d bytes of content".formatted(documentsMax, contentBytesMax));
        }
    }
}
