package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextTest {

    @Property(tries = 1_000)
    void countsAsTheJdkDoes(@ForAll("texts") String text) {
        Text.Facts facts = Text.facts(text);
        assertThat(facts.codePoints()).isEqualTo(text.codePointCount(0, text.length()));
        boolean encodable = StandardCharsets.UTF_8.newEncoder().canEncode(text);
        assertThat(facts.loneSurrogateAt() < 0).isEqualTo(encodable);
        if (encodable) {
            assertThat(facts.utf8Bytes()).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
            assertThat(Text.wellFormed(text)).isSameAs(text);
        }
        assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(Text.wellFormed(text)))
                .isTrue();
        assertThat(facts.nulAt()).isEqualTo(text.indexOf(0));
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of("a", "\u0000", "\n", "\u007f", "é", "€", "\uFFFF", "😀", "\uD83D", "\uDE00")
                .list()
                .ofMaxSize(8)
                .map(parts -> String.join("", parts));
    }

    @Test
    void theFirstOfEachKindIsTold() {
        Text.Facts facts = Text.facts("a\u0000\u0000\n\r\uD800x\uDC00");
        assertThat(facts.nulAt()).isEqualTo(1);
        assertThat(facts.controlAt()).isEqualTo(3);
        assertThat(facts.loneSurrogateAt()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n\t", "\u00a0", "\u200b", "\uFEFF", "\u3000", "\u0000\u0001", "\u2028"})
    void whatOnlyLooksEmptyIsBlank(String text) {
        assertThat(Text.facts(text).blank()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {" a", "0", ".", "\u00a0é", "中", "😀"})
    void whatShowsIsNotBlank(String text) {
        assertThat(Text.facts(text).blank()).isFalse();
    }

    @Test
    void shorteningNeverCutsACharacter() {
        assertThat(Text.shortened("😀😀😀", 2)).isEqualTo("😀😀…");
        assertThat(Text.shortened("😀😀", 2)).isEqualTo("😀😀");
    }
}
