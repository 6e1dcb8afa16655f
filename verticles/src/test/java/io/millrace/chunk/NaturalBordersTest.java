package io.millrace.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NaturalBordersTest {

    @Test
    void aBlankLinePartsParagraphs() {
        assertThat(parts("One here.\n\nTwo there.", Border.PARAGRAPH)).containsExactly("One here.\n\n", "Two there.");
        assertThat(parts("One here.\r\n \r\nTwo there.", Border.PARAGRAPH))
                .containsExactly("One here.\r\n \r\n", "Two there.");
    }

    @Test
    void aSingleWindowsNewlineIsNoBlankLine() {
        assertThat(parts("One here.\r\nTwo there.", Border.PARAGRAPH)).hasSize(1);
        assertThat(parts("One here.\r\nTwo there.", Border.LINE)).hasSize(2);
    }

    @Test
    void indentationStaysWithItsLine() {
        assertThat(parts("One.\n\n    two", Border.PARAGRAPH)).containsExactly("One.\n\n", "    two");
    }

    @Test
    void aHeadingStaysWithWhatItHeads() {
        assertThat(parts("Text.\n\n# Heading\n\nMore text.", Border.PARAGRAPH))
                .containsExactly("Text.\n\n", "# Heading\n\nMore text.");
    }

    @Test
    void aLineThatGoesOnIsNotParted() {
        String wrapped = "A line of running text that somebody has wrapped where\nthe margin was.";

        assertThat(parts(wrapped, Border.LINE)).hasSize(1);
    }

    @Test
    void listItemsAreLines() {
        assertThat(parts("milk and\n- bread\n- salt", Border.LINE))
                .containsExactly("milk and\n", "- bread\n", "- salt");
    }

    @Test
    void sentencesEndAtTheirTerminator() {
        assertThat(parts("He left. \"Why?\" She (too) stayed!) Then nothing.", Border.SENTENCE))
                .containsExactly("He left. ", "\"Why?\" ", "She (too) stayed!) ", "Then nothing.");
    }

    @Test
    void abbreviationsAndInitialsDoNotEndASentence() {
        assertThat(parts("Dr. J. Smith of the U.S. Army met e.g. Prof. Tanaka vs. nobody.", Border.SENTENCE))
                .hasSize(1);
        assertThat(parts("It rose to 3.5 percent etc. and fell.", Border.SENTENCE))
                .hasSize(1);
    }

    @Test
    void scriptsWithoutSpacesHaveSentencesToo() {
        assertThat(parts("東京は首都です。「はい。」京都は古い！", Border.SENTENCE)).containsExactly("東京は首都です。", "「はい。」", "京都は古い！");
    }

    @Test
    void aSpaceThatForbidsABreakIsNoBorder() {
        assertThat(parts("10\u00a0000 km", Border.WORD)).containsExactly("10\u00a0000 ", "km");
    }

    private static List<String> parts(String text, Border atLeast) {
        var parts = new ArrayList<String>();
        var start = new int[1];
        NaturalBorders.forEach(text, (position, border) -> {
            if (border.compareTo(atLeast) <= 0) {
                parts.add(text.substring(start[0], position));
                start[0] = position;
            }
        });
        parts.add(text.substring(start[0]));
        return parts;
    }
}
