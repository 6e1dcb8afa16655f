package io.millrace.web;

/** What may and may not be in a text that comes from outside. */
final class Text {

    private Text() {}

    /**
     * What one pass over a text tells; an index is -1 where there is no such character, and NUL is no control here.
     *
     * <p>Neither a NUL nor a lone surrogate can be stored: PostgreSQL has no NUL in text, and half a character has no UTF-8,
     * so that Java would quietly write {@code ?} for it.
     */
    record Facts(int codePoints, long utf8Bytes, int nulAt, int loneSurrogateAt, int controlAt, boolean blank) {}

    static Facts facts(String text) {
        int pairs = 0;
        long moreThanOneByte = 0;
        int nulAt = -1;
        int loneSurrogateAt = -1;
        int controlAt = -1;
        boolean blank = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > ' ' && c < 0x7f) {
                // Most characters of most texts: nothing to look up, and nothing to count.
                blank = false;
            } else if (!Character.isSurrogate(c)) {
                moreThanOneByte += c < 0x80 ? 0 : c < 0x800 ? 1 : 2;
                if (c == 0) {
                    nulAt = nulAt < 0 ? i : nulAt;
                } else if (Character.isISOControl(c)) {
                    controlAt = controlAt < 0 ? i : controlAt;
                }
                blank = blank && isBlank(c);
            } else if (isPairAt(text, i)) {
                pairs++;
                moreThanOneByte += 2;
                blank = false;
                i++;
            } else {
                moreThanOneByte += 2;
                blank = false;
                if (loneSurrogateAt < 0) {
                    loneSurrogateAt = i;
                }
            }
        }
        return new Facts(
                text.length() - pairs, text.length() + moreThanOneByte, nulAt, loneSurrogateAt, controlAt, blank);
    }

    /** The text with U+FFFD for each lone surrogate: for what is shown, never for what is stored. */
    static String wellFormed(String text) {
        StringBuilder repaired = null;
        for (int i = 0; i < text.length(); i++) {
            if (!Character.isSurrogate(text.charAt(i))) {
                continue;
            }
            if (isPairAt(text, i)) {
                i++;
                continue;
            }
            if (repaired == null) {
                repaired = new StringBuilder(text);
            }
            repaired.setCharAt(i, '\uFFFD');
        }
        return repaired == null ? text : repaired.toString();
    }

    /** At most so many code points of the text, with an ellipsis when that is not all: for what is shown. */
    static String shortened(String text, int codePointsMax) {
        if (text.length() <= codePointsMax || text.codePointCount(0, text.length()) <= codePointsMax) {
            return text;
        }
        return text.substring(0, text.offsetByCodePoints(0, codePointsMax)) + "…";
    }

    private static boolean isPairAt(String text, int i) {
        return i + 1 < text.length() && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1));
    }

    /** Also what only looks empty: no-break spaces, zero-width characters and controls. */
    private static boolean isBlank(char c) {
        return Character.isWhitespace(c)
                || Character.isSpaceChar(c)
                || Character.isISOControl(c)
                || Character.getType(c) == Character.FORMAT;
    }
}
