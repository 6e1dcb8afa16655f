package io.millrace.extract;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class ClipTest {
    @Test
    void cutsBehindAWord() {
        assertThat(Clip.oneLine("ninety nine ".repeat(30)))
                .endsWith(" nine…")
                .hasSizeLessThanOrEqualTo(Clip.MAX_CHARS)
                .hasSizeGreaterThan(Clip.MAX_CHARS - 8);
    }

    @Test
    void bringsShortWordsToOneLine() {
        assertThat(Clip.oneLine(" Ada\r\n  wrote\u00a0it. ")).isEqualTo("Ada wrote it.");
    }

    @Test
    void neverCutsACharacterInTwo() {
        assertThat(Clip.oneLine("𝄞".repeat(500)).codePoints())
                .noneMatch(c -> Character.getType(c) == Character.SURROGATE);
    }

    @Property
    void isNeverLongerThanItsBound(@ForAll @StringLength(max = 2_000) String words) {
        assertThat(Clip.oneLine(words)).hasSizeLessThanOrEqualTo(Clip.MAX_CHARS);
    }
}
