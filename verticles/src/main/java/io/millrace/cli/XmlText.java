package io.millrace.cli;

/**
 * Text as it stands in XML 1.0, in elements and attributes, so that a reader gets back what went in. Most control characters
 * have no form in XML at all; in their place stands U+FFFD, and they are counted, so that nobody is left unaware.
 */
final class XmlText {

    private final boolean asciiOnly;
    private long replaced;

    /** @param asciiOnly whether everything else is to be a character reference */
    XmlText(boolean asciiOnly) {
        this.asciiOnly = asciiOnly;
    }

    String escaped(String text) {
        var escaped = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> append(escaped, c));
        return escaped.toString();
    }

    /** Characters so far that XML cannot hold. */
    long replaced() {
        return replaced;
    }

    private void append(StringBuilder escaped, int c) {
        switch (c) {
            case '&' -> escaped.append("&amp;");
            case '<' -> escaped.append("&lt;");
            // Needed behind ]] only, and harmless elsewhere.
            case '>' -> escaped.append("&gt;");
            case '"' -> escaped.append("&quot;");
            // As they are, a parser makes blanks and line feeds of them.
            case '\t', '\n', '\r' -> escaped.append("&#").append(c).append(';');
            default -> {
                var written = isAllowed(c) ? c : 0xfffd;
                replaced += written == c ? 0 : 1;
                if (asciiOnly && written > 0x7e) {
                    escaped.append("&#").append(written).append(';');
                } else {
                    escaped.appendCodePoint(written);
                }
            }
        }
    }

    /** Char of XML 1.0, fifth edition; the three white spaces among the controls are dealt with before. */
    private static boolean isAllowed(int c) {
        return (c >= 0x20 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) || c >= 0x10000;
    }
}
