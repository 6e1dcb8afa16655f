package io.millrace.extract;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The folding of names, version {@value #VERSION}: two names that fold alike are one entity's.
 *
 * <p>It evens out case, width (NFKC: full-width letters, ligatures), quotation marks (curly, angled and the like become
 * straight; marks around the whole name go) and white space (any run becomes one space, none at the ends). Plural forms,
 * articles and punctuation stay as they are.
 *
 * <p>Entity ids are made from what this gives, so it must never change: a better rule is another version beside it. What
 * the JDK knows of Unicode is part of the rule, yet only characters that were unassigned when a name was folded can fold
 * otherwise later.
 */
public final class Names {
    public static final int VERSION = 1;

    private static final Pattern SINGLE_QUOTES = Pattern.compile("[\u2018\u2019\u201A\u201B\u2039\u203A\u02BC`\u00B4]");
    private static final Pattern DOUBLE_QUOTES =
            Pattern.compile("[\u201C\u201D\u201E\u201F\u00AB\u00BB\u301D\u301E\u301F]");
    private static final Pattern WHITE_SPACE = Pattern.compile("[\\s\\p{Z}\\x{1C}-\\x{1F}\\x{85}]+");

    private Names() {}

    /**
     * The folded name. Folding it again changes nothing. It is never empty: a name that would vanish, being
     * nothing but white space, stays as it is, and so do quotation marks around nothing.
     */
    public static String fold(String name) {
        return isPlain(name) ? name.toLowerCase(Locale.ROOT) : foldFully(name);
    }

    /**
     * ASCII without quotes, and no white space but single blanks inside: only its case can fold. Most names are so, and the
     * whole rule, at some 36 names a document, was a sixth of all Java time.
     */
    private static boolean isPlain(String name) {
        var before = ' ';
        for (var i = 0; i < name.length(); i++) {
            var c = name.charAt(i);
            if (c > '~' || c < ' ' || c == '\'' || c == '"' || c == '`' || (c == ' ' && before == ' ')) {
                return false;
            }
            before = c;
        }
        return before != ' ';
    }

    static String foldFully(String name) {
        // Folding case can undo a normal form and the other way round, so go on until nothing changes; two rounds do
        // for
        // every character there is, the bound only guards against one to come.
        var folded = name;
        for (var round = 0; round < 8; round++) {
            var next = foldOnce(folded);
            if (next.equals(folded)) {
                return next;
            }
            folded = next;
        }
        return folded;
    }

    private static String foldOnce(String name) {
        // Quotes both times: NFKC takes a lone acute accent apart, and makes other marks from what were none.
        var even = Normalizer.normalize(withStraightQuotes(name), Normalizer.Form.NFKC);
        // Upper case first: it brings ß to SS and both sigmas to one, which lower case alone leaves apart.
        even = even.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT).replace('ς', 'σ');
        even = withStraightQuotes(Normalizer.normalize(even, Normalizer.Form.NFKC));
        even = WHITE_SPACE.matcher(even).replaceAll(" ").strip();
        return even.isEmpty() ? name : withoutQuotesAround(even);
    }

    private static String withStraightQuotes(String name) {
        return DOUBLE_QUOTES
                .matcher(SINGLE_QUOTES.matcher(name).replaceAll("'"))
                .replaceAll("\"");
    }

    private static String withoutQuotesAround(String name) {
        var inner = name;
        while (inner.length() > 2 && isQuoted(inner)) {
            inner = inner.substring(1, inner.length() - 1).strip();
        }
        return inner.isEmpty() ? name : inner;
    }

    private static boolean isQuoted(String name) {
        var first = name.charAt(0);
        return (first == '"' || first == '\'') && first == name.charAt(name.length() - 1);
    }
}
