package io.millrace.chunk;

/**
 * A piece of a document's text with a little of what stands before it.
 *
 * <p>All positions are UTF-16 indexes into the document's text. {@code [ownStart, end)} is the chunk's own span: the own
 * spans of a document's chunks follow one another without a gap, so that put together they are the document's text.
 * {@code [start, ownStart)} is the overlap, which belongs to the chunk before and is there as context only.
 *
 * @param start where {@code text} begins in the document
 * @param ownStart where the own span begins
 * @param end where both the text and the own span end
 * @param text the document's text from {@code start} to {@code end}; its hash is the chunk's identity
 */
record Chunk(int start, int ownStart, int end, String text) {

    Chunk {
        if (start < 0 || start > ownStart || ownStart >= end || text.length() != end - start) {
            throw new IllegalArgumentException(
                    "start %d, own start %d, end %d, %d characters".formatted(start, ownStart, end, text.length()));
        }
    }

    static Chunk of(String document, int start, int ownStart, int end) {
        return new Chunk(start, ownStart, end, document.substring(start, end));
    }

    /** The own span's text: what this chunk adds to those before it. */
    String ownText() {
        return text.substring(ownStart - start);
    }
}
