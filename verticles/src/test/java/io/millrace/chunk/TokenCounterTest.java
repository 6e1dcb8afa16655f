package io.millrace.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TokenCounterTest {

    static final Encoding JTOKKIT = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE);

    private final TokenCounter counter = TokenCounter.o200kBase();

    @Property(tries = 4000)
    void countsExactlyAsTheReferenceDoes(@ForAll("strange") String text) {
        int tokens = JTOKKIT.countTokensOrdinary(text);

        assertThat(counter.hasAtMost(tokens, text, 0, text.length())).isTrue();
        assertThat(tokens > 0 && counter.hasAtMost(tokens - 1, text, 0, text.length()))
                .isFalse();
    }

    @Property(tries = 300)
    void countsMonotonousTextsAsTheReferenceDoes(@ForAll("monotonous") String text) {
        int tokens = JTOKKIT.countTokensOrdinary(text);

        assertThat(counter.hasAtMost(tokens, text, 0, text.length())).isTrue();
        assertThat(tokens > 0 && counter.hasAtMost(tokens - 1, text, 0, text.length()))
                .isFalse();
    }

    @Property(tries = 300)
    void countsAPartAsATextByItself(@ForAll("strange") String before, @ForAll("strange") String text) {
        String whole = before + text + before;
        int tokens = JTOKKIT.countTokensOrdinary(text);
        int from = before.length();

        assertThat(counter.hasAtMost(tokens, whole, from, from + text.length())).isTrue();
        assertThat(tokens > 0 && counter.hasAtMost(tokens - 1, whole, from, from + text.length()))
                .isFalse();
    }

    @Property(tries = 300)
    void anEstimateAtTheEndIsTheCount(@ForAll("strange") String text) {
        int[] positions = IntStream.rangeClosed(0, text.length()).toArray();

        int[] tokens = counter.estimateBefore(positions, positions.length, text);

        assertThat(tokens).startsWith(0).isSorted().endsWith(JTOKKIT.countTokensOrdinary(text));
    }

    @Example
    void theLongestTokenIsCounted() {
        String spaces = " ".repeat(128 * 40);

        assertThat(counter.hasAtMost(40, spaces, 0, spaces.length())).isTrue();
        assertThat(counter.hasAtMost(39, spaces, 0, spaces.length())).isFalse();
    }

    @Example
    void aSpecialTokenIsOrdinaryText() {
        String text = "<|endoftext|>";

        assertThat(counter.hasAtMost(1, text, 0, text.length())).isFalse();
    }

    @Provide
    Arbitrary<String> strange() {
        return TextArbitraries.strange(24);
    }

    @Provide
    Arbitrary<String> monotonous() {
        return TextArbitraries.monotonous();
    }
}
