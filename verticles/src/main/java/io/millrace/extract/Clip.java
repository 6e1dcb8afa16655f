package io.millrace.extract;

/** Shortens the extractor's own descriptions, which are there to be read at a glance. */
final class Clip {
    static final int MAX_CHARS = 300;

    private Clip() {}

    /** The words on one line, cut behind a word with an ellipsis when they are longer than {@value #MAX_CHARS}. */
    static String oneLine(String words) {
        // A sentence has at most 300 tokens, but a token may be as long as the passage.
        var head = words.length() > 4 * MAX_CHARS ? words.substring(0, 4 * MAX_CHARS) : words;
        var line = head.replaceAll("[\\s\\p{Z}\\p{Cc}]+", " ").strip();
        if (line.length() <= MAX_CHARS && head.length() == words.length()) {
            return line;
        }
        var limit = Math.min(line.length(), MAX_CHARS - 1);
        var space = line.lastIndexOf(' ', limit);
        var cut = space > 0 ? space : limit;
        if (cut > 0 && Character.isHighSurrogate(line.charAt(cut - 1))) {
            cut--;
        }
        return line.substring(0, cut) + "…";
    }
}
