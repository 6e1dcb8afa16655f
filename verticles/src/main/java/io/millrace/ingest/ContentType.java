package io.millrace.ingest;

import java.util.Optional;

/** The kinds of text that a document's content can be. */
public enum ContentType {
    PLAIN("text/plain"),
    MARKDOWN("text/markdown"),
    HTML("text/html");

    private final String mediaType;

    ContentType(String mediaType) {
        this.mediaType = mediaType;
    }

    public String mediaType() {
        return mediaType;
    }

    /** The type written exactly so, without parameters. */
    public static Optional<ContentType> of(String mediaType) {
        for (ContentType type : values()) {
            if (type.mediaType.equals(mediaType)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
