package io.millrace.extract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SentenceTaggerTest {
    private static SentenceTagger tagger;

    @BeforeAll
    static void load() {
        tagger = new SentenceTagger();
    }

    @Test
    void tagsWithUniversalDependencies() {
        var sentence = tagger.read("Ada wrote a program.").getFirst();

        assertThat(List.of(sentence.tag(0), sentence.tag(1), sentence.tag(2), sentence.tag(3), sentence.tag(4)))
                .containsExactly("PROPN", "VERB", "DET", "NOUN", "PUNCT");
        assertThat(sentence.tag(5)).isEmpty();
        assertThat(sentence.word(-1)).isEmpty();
    }

    @Test
    void endsASentenceNeitherBehindATitleNorBehindAnInitial() {
        assertThat(sentencesOf("Prof. J. Smith met Dr. Miller. He left."))
                .containsExactly("Prof. J. Smith met Dr. Miller.", "He left.");
    }

    @Test
    void endsASentenceWithItsParagraphHeadingOrListItem() {
        assertThat(sentencesOf("# Early life\nBorn in Ulm\n\nHe left\n- Berlin\n- Bern"))
                .containsExactly("# Early life", "Born in Ulm", "He left", "- Berlin", "- Bern");
    }

    @Test
    void carriageReturnAndLineFeedAreOneLineEnd() {
        assertThat(sentencesOf("# Early life\r\nBorn in\r\nUlm\r\n\r\nHe left\r\n- Berlin\r\n- Bern"))
                .containsExactly("# Early life", "Born in\r\nUlm", "He left", "- Berlin", "- Bern");
    }

    @Test
    void aNoBreakSpaceBehindATitleOrAnInitialEndsNoSentence() {
        assertThat(sentencesOf("Prof.\u00A0J.\u00A0Smith met Dr.\u00A0Miller. He left."))
                .containsExactly("Prof.\u00A0J.\u00A0Smith met Dr.\u00A0Miller.", "He left.");
    }

    @Test
    void cutsAnEndlessSentenceIntoWindowsAndLosesNoToken() {
        var sentences = tagger.read("word ".repeat(1_000));

        assertThat(sentences).extracting(Sentence::size).allMatch(size -> size <= 300);
        assertThat(sentences.stream().mapToInt(Sentence::size).sum()).isEqualTo(1_000);
    }

    /** The sentence model alone takes the square of such a text's length: minutes for some of these. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "~.~|200000",
                "~\n~|200000",
                "~ ~|200000",
                "x|200000",
                "a.|200000",
                "?!|10000",
                "~A. ~|10000",
                "(.|10000",
                "~St. ~|10000"
            })
    @Timeout(20)
    void survivesWhateverRepeats(String part, int length) {
        var text = part.repeat(length / part.length());

        var tokens = tagger.read(text).stream().mapToInt(Sentence::size).sum();

        assertThat(tokens)
                .isEqualTo(new Tokenizer().tokenize(text, 0, text.length()).size());
    }

    private static List<String> sentencesOf(String text) {
        return tagger.read(text).stream()
                .map(sentence -> text.substring(sentence.start(), sentence.end()))
                .toList();
    }
}
