package io.millrace.chunk;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** Texts that are hard on whoever cuts them. */
final class TextArbitraries {

    private static final List<String> BITS = List.of(
            "a",
            "Z",
            "word",
            "Word",
            "WORD",
            "ſ",
            "'s",
            "'S",
            "'ſ",
            "'ll",
            "'RE",
            "'v",
            "'",
            "\"",
            ".",
            "...",
            "!?",
            "1",
            "12345",
            "½",
            "Ⅷ",
            "٣",
            " ",
            "  ",
            "\t",
            "\n",
            "\r\n",
            "\r",
            "\n\n",
            " \n ",
            "\f",
            "\u000b",
            "\u0085",
            "\u00a0",
            "\u2028",
            "\u2029",
            "\u3000",
            "\u001c",
            "/",
            "//",
            "\n/",
            "日本",
            "語。",
            "ไทย",
            "ʰ",
            "ǅ",
            "e\u0301",
            "\u0301",
            "\u0e33",
            "\u20dd",
            "😀",
            "👨‍👩‍👧‍👦",
            "🇩🇪",
            "👍🏽",
            "𝒳",
            "𐐀",
            "𐐨",
            "<|endoftext|>",
            "<|fim_prefix|>",
            "# Head\n",
            "- item\n",
            "Dr. Smith ",
            "U.S. ",
            "The end. ",
            "Is it? ",
            "lower. case ",
            "|a|b|\n",
            "\u200d",
            "\ufeff",
            "\u0000");

    private TextArbitraries() {}

    /** Short texts in which every class of character meets every other. */
    static Arbitrary<String> strange(int maxBits) {
        return Arbitraries.oneOf(
                        Arbitraries.of(BITS),
                        Arbitraries.strings().withCharRange('\u0001', '\ud7ff').ofMaxLength(4),
                        Arbitraries.integers().between(0x10000, 0x1ffff).map(Character::toString))
                .list()
                .ofMaxSize(maxBits)
                .map(bits -> String.join("", bits));
    }

    /** Texts of long stretches of the same: no white space, white space only, one character of many marks. */
    static Arbitrary<String> monotonous() {
        return Arbitraries.of(BITS)
                .flatMap(bit -> Arbitraries.integers().between(1, 400).map(bit::repeat))
                .list()
                .ofMaxSize(6)
                .map(runs -> String.join("", runs));
    }
}
