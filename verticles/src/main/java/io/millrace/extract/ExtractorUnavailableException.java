package io.millrace.extract;

/**
 * Says that an extractor cannot answer for a reason outside of the text: its service is down, slow, or refuses for now.
 * The stage waits and asks again; no document is given up for it.
 */
public final class ExtractorUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ExtractorUnavailableException(String message) {
        super(message);
    }

    public ExtractorUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
