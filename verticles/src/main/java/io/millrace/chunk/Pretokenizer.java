package io.millrace.chunk;

/**
 * The pattern with which o200k_base cuts a text into pieces before it looks for tokens, as a scanner written by hand.
 *
 * <p>No token crosses a piece, and a piece depends on nothing before it, so a text's count is the sum over its pieces.
 * The pattern, tried in this order at each position ({@code U} stands for the letters that are not lower case, with marks;
 * {@code L} for those that are not upper case, with marks):
 *
 * <pre>
 *   [^\r\n\p{L}\p{N}]? U* L+ ('s|'t|'re|'ve|'m|'ll|'d)?
 *   [^\r\n\p{L}\p{N}]? U+ L* ('s|'t|'re|'ve|'m|'ll|'d)?
 *   \p{N}{1,3}
 *   [ ]?[^\s\p{L}\p{N}]+[\r\n/]*
 *   \s*[\r\n]+
 *   \s+(?!\S)
 *   \s+
 * </pre>
 *
 * <p>The regular expression itself takes most of the time that counting tokens takes; a property test holds this
 * scanner to it.
 */
final class Pretokenizer {

    private static final int UPPER = 1;
    private static final int LOWER = 2;
    private static final int LETTER = 4;
    private static final int NUMBER = 8;
    private static final int SPACE = 16;
    private static final int NEWLINE = 32;

    private static final byte[] KINDS_BY_TYPE = kindsByType();
    private static final byte[] ASCII_KINDS = asciiKinds();

    private Pretokenizer() {}

    /** The end of the piece that begins at {@code from}, in a text that ends at {@code to}. */
    static int pieceEnd(String text, int from, int to) {
        int first = codePoint(text, from, to);
        int kind = kind(first);
        int second = from + Character.charCount(first);
        boolean canPrecedeAWord = (kind & (LETTER | NUMBER | NEWLINE)) == 0;
        int end = canPrecedeAWord ? endOfLowerCaseWord(text, second, to) : -1;
        if (end < 0 && (kind & (UPPER | LOWER)) != 0) {
            end = endOfLowerCaseWord(text, from, to);
        }
        if (end < 0 && canPrecedeAWord && is(UPPER, text, second, to)) {
            end = skip(UPPER, text, second, to);
        }
        if (end < 0 && (kind & UPPER) != 0) {
            end = skip(UPPER, text, from, to);
        }
        if (end >= 0) {
            return endOfContraction(text, end, to);
        }
        if ((kind & NUMBER) != 0) {
            return endOfNumber(text, second, to);
        }
        if ((kind & SPACE) == 0) {
            return endOfSymbols(text, second, to);
        }
        if (first == ' ' && second < to && (kind(codePoint(text, second, to)) & (SPACE | LETTER | NUMBER)) == 0) {
            return endOfSymbols(text, second, to);
        }
        return endOfSpace(text, from, to);
    }

    /** White space as Unicode defines it; all of it lies in the basic plane. */
    static boolean isSpace(int codePoint) {
        return (kind(codePoint) & SPACE) != 0;
    }

    /** {@code U* L+}, or -1: where no L follows the longest U*, the last character that is both has to do. */
    private static int endOfLowerCaseWord(String text, int from, int to) {
        int end = -1;
        int i = from;
        while (i < to) {
            int codePoint = codePoint(text, i, to);
            int kind = kind(codePoint);
            if ((kind & UPPER) == 0) {
                return (kind & LOWER) == 0 ? end : skip(LOWER, text, i, to);
            }
            i += Character.charCount(codePoint);
            if ((kind & LOWER) != 0) {
                end = i;
            }
        }
        return end;
    }

    private static int endOfContraction(String text, int from, int to) {
        if (from + 1 >= to || text.charAt(from) != '\'') {
            return from;
        }
        char first = text.charAt(from + 1);
        char second = from + 2 < to ? text.charAt(from + 2) : ' ';
        return switch (first) {
            // The pattern ignores case in all of Unicode, where the long s is an s.
            case 's', 'S', '\u017f', 't', 'T', 'm', 'M', 'd', 'D' -> from + 2;
            case 'r', 'R', 'v', 'V' -> second == 'e' || second == 'E' ? from + 3 : from;
            case 'l', 'L' -> second == 'l' || second == 'L' ? from + 3 : from;
            default -> from;
        };
    }

    private static int endOfNumber(String text, int second, int to) {
        int end = second;
        for (int digits = 1; digits < 3 && is(NUMBER, text, end, to); digits++) {
            end += Character.charCount(codePoint(text, end, to));
        }
        return end;
    }

    private static int endOfSymbols(String text, int from, int to) {
        int end = from;
        while (end < to) {
            int codePoint = codePoint(text, end, to);
            if ((kind(codePoint) & (SPACE | LETTER | NUMBER)) != 0) {
                break;
            }
            end += Character.charCount(codePoint);
        }
        while (end < to && isNewlineOrSlash(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isNewlineOrSlash(char c) {
        return c == '\n' || c == '\r' || c == '/';
    }

    private static int endOfSpace(String text, int from, int to) {
        int endOfLastNewline = -1;
        int end = from;
        while (end < to) {
            int kind = kind(text.charAt(end));
            if ((kind & SPACE) == 0) {
                break;
            }
            end++;
            if ((kind & NEWLINE) != 0) {
                endOfLastNewline = end;
            }
        }
        if (endOfLastNewline >= 0) {
            return endOfLastNewline;
        }
        // The last space before a word goes with the word.
        return end == to || end == from + 1 ? end : end - 1;
    }

    private static int skip(int kind, String text, int from, int to) {
        int end = from;
        while (is(kind, text, end, to)) {
            end += Character.charCount(codePoint(text, end, to));
        }
        return end;
    }

    private static boolean is(int kind, String text, int at, int to) {
        return at < to && (kind(codePoint(text, at, to)) & kind) != 0;
    }

    private static int codePoint(String text, int at, int to) {
        char c = text.charAt(at);
        if (Character.isHighSurrogate(c) && at + 1 < to && Character.isLowSurrogate(text.charAt(at + 1))) {
            return Character.toCodePoint(c, text.charAt(at + 1));
        }
        return c;
    }

    private static int kind(int codePoint) {
        if (codePoint < ASCII_KINDS.length) {
            return ASCII_KINDS[codePoint];
        }
        return codePoint == 0x85 ? SPACE : KINDS_BY_TYPE[Character.getType(codePoint)];
    }

    private static byte[] kindsByType() {
        var kinds = new byte[Character.FINAL_QUOTE_PUNCTUATION + 1];
        kinds[Character.UPPERCASE_LETTER] = LETTER | UPPER;
        kinds[Character.TITLECASE_LETTER] = LETTER | UPPER;
        kinds[Character.LOWERCASE_LETTER] = LETTER | LOWER;
        kinds[Character.MODIFIER_LETTER] = LETTER | UPPER | LOWER;
        kinds[Character.OTHER_LETTER] = LETTER | UPPER | LOWER;
        kinds[Character.NON_SPACING_MARK] = UPPER | LOWER;
        kinds[Character.ENCLOSING_MARK] = UPPER | LOWER;
        kinds[Character.COMBINING_SPACING_MARK] = UPPER | LOWER;
        kinds[Character.DECIMAL_DIGIT_NUMBER] = NUMBER;
        kinds[Character.LETTER_NUMBER] = NUMBER;
        kinds[Character.OTHER_NUMBER] = NUMBER;
        kinds[Character.SPACE_SEPARATOR] = SPACE;
        kinds[Character.LINE_SEPARATOR] = SPACE;
        kinds[Character.PARAGRAPH_SEPARATOR] = SPACE;
        return kinds;
    }

    private static byte[] asciiKinds() {
        var kinds = new byte[128];
        for (int c = 0; c < kinds.length; c++) {
            kinds[c] = c >= '\t' && c <= '\r' ? SPACE : KINDS_BY_TYPE[Character.getType(c)];
        }
        kinds['\n'] |= NEWLINE;
        kinds['\r'] |= NEWLINE;
        return kinds;
    }
}
