package io.millrace.extract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
    /** Of all scripts, and with the marks that nobody sees. */
    private static final String WHITE_SPACE = "[\\s\\p{Z}\\p{Cc}\\p{Cf}]*";

    private final Tokenizer tokenizer = new Tokenizer();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "Rihanna's album.              | Rihanna·'s·album·.",
                "Rihanna\u2019s album          | Rihanna·\u2019s·album",
                "They didn't, she'll           | They·did·n't·,·she·'ll",
                "The U.S. spent $3.5 million   | The·U.S.·spent·$·3.5·million",
                "1,200 people (10:30 a.m.)     | 1,200·people·(·10:30·a.m.·)",
                "a well-known state-of-the-art | a·well-known·state-of-the-art",
                "the London-based O'Brien      | the·London·-·based·O'Brien",
                "mail jo.doe@example.org, ok   | mail·jo.doe@example.org·,·ok",
                "see https://a.example/b?c=1.  | see·https://a.example/b?c=1·.",
                "Dr. J. R. Smith Jr. of AT&T   | Dr.·J.·R.·Smith·Jr.·of·AT&T",
                "Node.js ran.Then it stopped   | Node.js·ran·.·Then·it·stopped",
                "Franco–Prussian… 1914–18      | Franco·–·Prussian·…·1914·–·18",
                "wait... --no 100%             | wait·...·--·no·100·%",
                "cafe\u0301 naïve 東京     | cafe\u0301·naïve·東京",
                "Marie\u00A0Curie,\u202Fborn\u3000in | Marie·Curie·,·born·in",
                "J.\u00A0R.\u2009Smith             | J.·R.·Smith",
                "\u200EMarie\u200F \uFEFFCurie\u200B    | Marie·Curie",
                "see https://a.example/b\u00A0ok | see·https://a.example/b·ok",
            })
    void cutsLikeTheTaggersTrainingText(String text, String tokens) {
        assertThat(textsOf(text)).containsExactly(tokens.split("·"));
    }

    @Test
    void countsOffsetsFromTheTextsBeginning() {
        var text = "Earlier. Ada's engine";

        assertThat(tokenizer.tokenize(text, 9, text.length()))
                .containsExactly(new Token("Ada", 9, 12), new Token("'s", 12, 14), new Token("engine", 15, 21));
    }

    @Property
    void losesNothingButWhiteSpace(@ForAll String text) {
        var behind = 0;
        for (var token : tokenizer.tokenize(text, 0, text.length())) {
            assertThat(text.substring(token.start(), token.end()))
                    .isEqualTo(token.text())
                    .isNotEmpty();
            assertThat(text.substring(behind, token.start())).matches(WHITE_SPACE);
            behind = token.end();
        }
        assertThat(text.substring(behind)).matches(WHITE_SPACE);
    }

    /** At this length a square would take minutes. */
    @ParameterizedTest
    @ValueSource(strings = {"a-", "A.", "'", "http://", "a@", "x'", "1.", ".", "A. ", "Ab ", "é-", "a-b "})
    @Timeout(20)
    void takesLinearTimeOnWhateverRepeats(String part) {
        var text = part.repeat(400_000 / part.length());

        assertThat(tokenizer.tokenize(text, 0, text.length())).isNotEmpty();
    }

    private List<String> textsOf(String text) {
        return tokenizer.tokenize(text, 0, text.length()).stream()
                .map(Token::text)
                .toList();
    }
}
