package io.millrace.chunk;

import java.util.Locale;
import java.util.Set;

/**
 * Finds what parts the words of a text: paragraphs, lines, sentences, words.
 *
 * <p>Cheap rules that look at a few characters around each run of white space. They err on the side of no sentence end,
 * because a name that is cut in two is worse than a sentence that is.
 */
final class NaturalBorders {

    interface Visitor {
        void visit(int position, Border border);
    }

    private static final int SHORT_LINE_CHARS = 48;
    private static final int LONGEST_ABBREVIATION_CHARS = 6;
    private static final Set<String> ABBREVIATIONS = Set.of(
            "mr", "mrs", "ms", "dr", "prof", "st", "mt", "gen", "gov", "sen", "rep", "rev", "hon", "lt", "col", "capt",
            "sgt", "jr", "sr", "vs", "cf", "ca", "no", "nos", "vol", "fig", "eq", "sec", "ch", "pp", "ed", "eds", "jan",
            "feb", "apr", "aug", "sept", "sep", "oct", "nov", "dec", "dept", "univ", "approx", "est", "al");

    private final String text;
    private final Visitor visitor;
    private int lineStart;

    private NaturalBorders(String text, Visitor visitor) {
        this.text = text;
        this.visitor = visitor;
    }

    /** Visits the borders strictly inside the text, in ascending order. */
    static void forEach(String text, Visitor visitor) {
        new NaturalBorders(text, visitor).run();
    }

    private void run() {
        for (int at = 0; at < text.length(); ) {
            char c = text.charAt(at);
            if (isBreakingSpace(c)) {
                at = spaces(at);
            } else if (endsSentenceWithoutSpace(c)) {
                at = sentenceWithoutSpace(at);
            } else {
                at++;
            }
        }
    }

    /** A border behind the spaces, or behind the last newline among them: indentation stays with its line. */
    private int spaces(int from) {
        int newlines = 0;
        int endOfNewlines = from;
        int to = from;
        for (; to < text.length() && isBreakingSpace(text.charAt(to)); to++) {
            char c = text.charAt(to);
            if (isNewline(c)) {
                endOfNewlines = to + 1;
                newlines += c == '\n' && to > from && text.charAt(to - 1) == '\r' ? 0 : 1;
                newlines += c == '\f' || c == '\u2029' ? 1 : 0;
            }
        }
        if (newlines == 0) {
            visit(to, partsSentences(from, to) ? Border.SENTENCE : Border.WORD);
        } else {
            visit(endOfNewlines, newline(from, to, newlines));
            lineStart = endOfNewlines;
        }
        return to;
    }

    private Border newline(int from, int to, int newlines) {
        if (lineStart < from && text.charAt(lineStart) == '#') {
            return Border.WRAPPED_LINE;
        }
        if (newlines > 1) {
            return Border.PARAGRAPH;
        }
        if (to == text.length() || endsSentence(from) || !Character.isLetterOrDigit(text.codePointAt(to))) {
            return Border.LINE;
        }
        boolean goesOn = Character.isLowerCase(text.codePointAt(to)) || from - lineStart >= SHORT_LINE_CHARS;
        return goesOn ? Border.WRAPPED_LINE : Border.LINE;
    }

    private boolean partsSentences(int from, int to) {
        return to < text.length() && endsSentence(from) && !Character.isLowerCase(text.codePointAt(to));
    }

    /** Whether what stands before {@code end} reads like the end of a sentence: a terminator, then quotes or brackets. */
    private boolean endsSentence(int end) {
        int last = end - 1;
        while (last > lineStart && isCloser(text.charAt(last))) {
            last--;
        }
        if (last < lineStart) {
            return false;
        }
        return switch (text.charAt(last)) {
            case '!', '?', '\u2026', '\u203d', '\u061f', '\u06d4', '\u0964', '\u0965' -> true;
            case '.' -> !isAbbreviation(last);
            default -> endsSentenceWithoutSpace(text.charAt(last));
        };
    }

    /** An initial ("J."), letters with dots between ("U.S."), or a word that is mostly written short. */
    private boolean isAbbreviation(int dot) {
        int start = dot;
        while (start > lineStart
                && dot - start <= LONGEST_ABBREVIATION_CHARS
                && Character.isLetter(text.charAt(start - 1))) {
            start--;
        }
        int letters = dot - start;
        if (letters == 0 || letters > LONGEST_ABBREVIATION_CHARS) {
            return false;
        }
        return letters == 1
                || (start > lineStart && text.charAt(start - 1) == '.')
                || ABBREVIATIONS.contains(text.substring(start, dot).toLowerCase(Locale.ROOT));
    }

    /** Scripts that put no space behind a sentence. */
    private int sentenceWithoutSpace(int at) {
        int end = at + 1;
        while (end < text.length() && (isCloser(text.charAt(end)) || endsSentenceWithoutSpace(text.charAt(end)))) {
            end++;
        }
        if (end < text.length() && !isBreakingSpace(text.charAt(end))) {
            visit(end, Border.SENTENCE);
        }
        return end;
    }

    private void visit(int position, Border border) {
        if (position < text.length()) {
            visitor.visit(position, border);
        }
    }

    private static boolean endsSentenceWithoutSpace(char c) {
        return c == '\u3002' || c == '\uff01' || c == '\uff1f' || c == '\uff61';
    }

    private static boolean isCloser(char c) {
        return switch (c) {
            case '"', '\'', ')', ']', '}', '*', '_', '\u2019', '\u201d', '\u00bb', '\u203a' -> true;
            case '\u300d', '\u300f', '\u3011', '\u300b', '\uff09' -> true;
            default -> false;
        };
    }

    private static boolean isNewline(char c) {
        return (c >= '\n' && c <= '\r') || c == '\u0085' || c == '\u2028' || c == '\u2029';
    }

    /** White space other than what forbids a break: a number and its unit stay together. */
    private static boolean isBreakingSpace(char c) {
        return Pretokenizer.isSpace(c) && c != '\u00a0' && c != '\u2007' && c != '\u202f';
    }
}
