package io.millrace.extract;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts text into the tokens that the part-of-speech model was trained on, with their places in the text. OpenNLP's own
 * tokenizer leaves a possessive on its name ("Rihanna's"), and then no name is found.
 *
 * <p>Whole stay: URLs, e-mail addresses, numbers (3.5, 1,200), words with hyphens or inner apostrophes (well-known,
 * O'Brien), dotted abbreviations (U.S.), initials and titles with their full stop (J., Dr.). Apart go: the possessive,
 * n't and the other clitics, every other mark, and endings such as -based behind a name (London-based), since the name
 * in front is what matters.
 *
 * <p>White space is what Unicode says that it is, no-break spaces too, which Java's {@code \s} is not; controls and the marks
 * that nobody sees (zero-width spaces, direction marks) part tokens likewise.
 *
 * <p>Each repetition in the pattern is possessive, bounded, or over single characters, so that no input makes the
 * matcher recurse deeply or backtrack for long.
 */
final class Tokenizer {
    private static final Pattern TOKEN = Pattern.compile("""
            (?<url>  (?:https?|ftp)://[^\\s\\p{Z}<>"]*[^\\s\\p{Z}<>"\\p{P}] /? )
            | (?<email> [\\p{L}\\p{N}._%+-]{1,64}+@[\\p{L}\\p{N}-]{1,63}+(?:\\.[\\p{L}\\p{N}-]{1,63}+){1,8}+ )
            | (?<dotted> (?: \\p{L}\\. ){2,10}+ (?!\\p{L}) )
            | (?<abbreviation> (?: Dr|Mr|Mrs|Ms|Prof|St|Mt|Ft|Inc|Ltd|Co|Corp|Jr|Sr|Gen|Col|Lt|Sgt|Capt|Maj|Adm|Rev|Hon
                    |Gov|Sen|Rep|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec ) \\. )
            | (?<initial> \\p{Lu}\\.(?=[\\s\\p{Z}\\p{Cf}]*+\\p{Lu}) )
            | (?<word> [\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N}]*+
                    (?: (?: [-\\u2010\\u2011'\\u2019&] | \\.(?=[\\p{Ll}\\p{N}]) | (?<=\\p{N})[,:](?=\\p{N}) )
                        [\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N}]*+ ){0,30}+ )
            | \\.{2,}+ | -{2,}+ | _{2,}+ | \\*{2,}+ | ={2,}+
            | [^\\s\\p{Z}\\p{Cc}\\p{Cf}]
            """, Pattern.COMMENTS);

    private static final Pattern CLITIC = Pattern.compile("(?i)(?:n['\u2019]t|['\u2019](?:s|ll|re|ve|d|m))$");

    private static final Set<String> ENDINGS = Set.of(
            "based",
            "born",
            "owned",
            "led",
            "backed",
            "style",
            "area",
            "era",
            "trained",
            "speaking",
            "class",
            "like",
            "type",
            "controlled",
            "held",
            "occupied",
            "winning",
            "nominated",
            "educated",
            "sponsored",
            "raised",
            "bred",
            "shaped",
            "related",
            "produced",
            "designed",
            "made",
            "built",
            "funded",
            "listed");

    /** The tokens of {@code text[start, end)}, with offsets that count from the text's beginning. */
    List<Token> tokenize(String text, int start, int end) {
        var tokens = new ArrayList<Token>();
        var matcher = TOKEN.matcher(text).region(start, end);
        while (matcher.find()) {
            if (matcher.start("word") >= 0) {
                addWord(tokens, text, matcher);
            } else {
                add(tokens, text, matcher.start(), matcher.end());
            }
        }
        return tokens;
    }

    private static void addWord(List<Token> tokens, String text, Matcher matcher) {
        var start = matcher.start();
        var end = matcher.end();
        var word = text.substring(start, end);
        var clitic = CLITIC.matcher(word);
        if (word.length() > 2 && clitic.find() && clitic.start() > 0) {
            var cut = start + clitic.start();
            addHyphenated(tokens, text, start, cut);
            add(tokens, text, cut, end);
        } else {
            addHyphenated(tokens, text, start, end);
        }
    }

    private static void addHyphenated(List<Token> tokens, String text, int start, int end) {
        // Within the word only: a search through the text before it made long texts cost their square.
        var hyphen = start + text.substring(start, end).lastIndexOf('-');
        if (hyphen > start && Character.isUpperCase(text.codePointAt(start)) && isEnding(text, hyphen + 1, end)) {
            add(tokens, text, start, hyphen);
            add(tokens, text, hyphen, hyphen + 1);
            add(tokens, text, hyphen + 1, end);
        } else {
            add(tokens, text, start, end);
        }
    }

    private static boolean isEnding(String text, int start, int end) {
        return ENDINGS.contains(text.substring(start, end).toLowerCase(Locale.ROOT));
    }

    private static void add(List<Token> tokens, String text, int start, int end) {
        tokens.add(new Token(text.substring(start, end), start, end));
    }
}
