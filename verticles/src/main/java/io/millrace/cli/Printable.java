package io.millrace.cli;

/** Text as it may reach a terminal. */
final class Printable {

    private Printable() {}

    /**
     * The text on one line, without control characters. Names and errors come from documents that anybody may have
     * written, and an escape sequence or a reversed direction among them would act on the terminal of whoever looks.
     */
    static String text(String text) {
        return text.codePoints()
                .map(Printable::character)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static int character(int c) {
        if (c == '\n' || c == '\r' || c == '\t') {
            return ' ';
        }
        var turnsDirection = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
        return turnsDirection || Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE ? 0xfffd : c;
    }

    /** At most so many columns of it, with an ellipsis when that is not all. */
    static String shortened(String text, int columnsMax) {
        if (columns(text) <= columnsMax) {
            return text;
        }
        var end = 0;
        for (var columns = 0; end < text.length(); ) {
            var c = text.codePointAt(end);
            columns += columns(c);
            if (columns > columnsMax - 1) {
                break;
            }
            end += Character.charCount(c);
        }
        return text.substring(0, end).stripTrailing() + "…";
    }

    static int columns(String text) {
        return text.codePoints().map(Printable::columns).sum();
    }

    private static int columns(int c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> 0;
            default ->
                switch (Character.UnicodeScript.of(c)) {
                    case HAN, HANGUL, HIRAGANA, KATAKANA -> 2;
                    default -> 1;
                };
        };
    }
}
