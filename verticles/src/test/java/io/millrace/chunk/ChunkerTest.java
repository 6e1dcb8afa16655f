package io.millrace.chunk;

import static io.millrace.chunk.TokenCounterTest.JTOKKIT;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.text.BreakIterator;
import java.util.List;
import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.assertj.core.api.ListAssert;

class ChunkerTest {

    private final Chunker chunker = new Chunker();

    @Property(tries = 200)
    void ownSpansPutTogetherAreTheText(@ForAll("chunkers") Chunker any, @ForAll("texts") String text) {
        List<Chunk> chunks = any.chunk(text);

        assertThat(chunks.stream().map(Chunk::ownText).collect(joining())).isEqualTo(text);
        int end = 0;
        for (Chunk chunk : chunks) {
            assertThat(chunk.ownStart()).isEqualTo(end);
            assertThat(chunk.text()).isEqualTo(text.substring(chunk.start(), chunk.end()));
            end = chunk.end();
        }
    }

    @Property(tries = 200)
    void anOverlapLiesInTheChunkBefore(@ForAll("chunkers") Chunker any, @ForAll("texts") String text) {
        List<Chunk> chunks = any.chunk(text);

        for (int i = 1; i < chunks.size(); i++) {
            assertThat(chunks.get(i).start())
                    .isGreaterThanOrEqualTo(chunks.get(i - 1).ownStart());
        }
    }

    @Property(tries = 200)
    void noChunkHasTooManyTokens(@ForAll("small") int maxTokens, @ForAll("texts") String text) {
        int overlapTokens = maxTokens / 4;

        for (Chunk chunk : new Chunker(maxTokens, overlapTokens).chunk(text)) {
            String overlap = text.substring(chunk.start(), chunk.ownStart());
            assertThat(JTOKKIT.countTokensOrdinary(chunk.text())).isLessThanOrEqualTo(maxTokens);
            assertThat(JTOKKIT.countTokensOrdinary(overlap)).isLessThanOrEqualTo(overlapTokens);
        }
    }

    @Property(tries = 200)
    void noCutWithinASurrogatePair(@ForAll("chunkers") Chunker any, @ForAll("texts") String text) {
        for (Chunk chunk : any.chunk(text)) {
            assertThat(isWithinAPair(text, chunk.start())).isFalse();
            assertThat(isWithinAPair(text, chunk.end())).isFalse();
        }
    }

    @Property(tries = 100)
    void charactersStayWholeWhereTheyFit(
            @ForAll("chunkers") Chunker any, @ForAll("characters") List<String> characters) {
        String text = String.join("", characters);
        var whole = BreakIterator.getCharacterInstance(Locale.ROOT);
        whole.setText(text);

        for (Chunk chunk : any.chunk(text)) {
            assertThat(whole.isBoundary(chunk.start())).isTrue();
            assertThat(whole.isBoundary(chunk.end())).isTrue();
        }
    }

    @Property(tries = 40, seed = "40")
    void aParagraphMoreChangesFewChunks(@ForAll @LongRange(min = 0, max = 1_000_000) long seed) {
        var prose = new Prose(seed);
        String before = prose.document(40);
        String after = prose.document(260);
        String added = prose.paragraph() + "\n\n";
        List<Chunk> old = chunker.chunk(before + "\n\n" + after);

        List<Chunk> changed = chunker.chunk(before + "\n\n" + added + after);

        assertThat(old).hasSizeGreaterThan(25);
        assertThat(changedChunks(old, changed)).isBetween(1L, 4L);
    }

    @Property(tries = 40, seed = "40")
    void aWordMoreChangesFewChunks(@ForAll @LongRange(min = 0, max = 1_000_000) long seed) {
        var prose = new Prose(seed);
        String text = prose.document(300);
        int at = prose.below(text.length());
        List<Chunk> old = chunker.chunk(text);

        List<Chunk> changed = chunker.chunk(text.substring(0, at) + " unexpectedly " + text.substring(at));

        assertThat(changedChunks(old, changed)).isBetween(1L, 4L);
    }

    @Property(tries = 20, seed = "40")
    void proseIsCutBetweenSentencesIntoWellFilledChunks(@ForAll @LongRange(min = 0, max = 1_000_000) long seed) {
        String text = new Prose(seed).document(300);

        List<Chunk> chunks = chunker.chunk(text);

        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(chunk.text().strip()).endsWith(".");
            assertThat(chunk.text()).matches("(?s)[A-Z].*");
        });
        long parted =
                chunks.stream().filter(chunk -> chunk.text().endsWith("\n\n")).count();
        assertThat(parted).isGreaterThan(chunks.size() * 3L / 4);
        assertThat(JTOKKIT.countTokensOrdinary(text) / chunks.size()).isGreaterThan(600);
    }

    @Example
    void everyChunkButTheFirstBeginsWithAnOverlap() {
        List<Chunk> chunks = chunker.chunk(new Prose(7).document(100));

        assertThat(chunks.getFirst().start()).isZero();
        assertThat(chunks.subList(1, chunks.size()))
                .allSatisfy(chunk -> assertThat(chunk.start()).isLessThan(chunk.ownStart()));
    }

    @Example
    void aTextOfMillionsOfCharactersIsCutAsWellWhateverItIsMadeOf() {
        String text = "x y\n".repeat(500_000) + "漢Ж".repeat(5_000) + "QUJD".repeat(5_000) + "\n".repeat(2_100_000);

        List<Chunk> chunks = chunker.chunk(text);

        assertThat(chunks.stream().map(Chunk::ownText).collect(joining())).isEqualTo(text);
        assertThat(chunks)
                .allSatisfy(chunk ->
                        assertThat(JTOKKIT.countTokensOrdinary(chunk.text())).isLessThanOrEqualTo(1_200));
    }

    @Example
    void noOverlapWhereNoneIsWanted() {
        assertThat(new Chunker(200, 0).chunk(new Prose(7).document(20)))
                .hasSizeGreaterThan(5)
                .allSatisfy(chunk -> assertThat(chunk.start()).isEqualTo(chunk.ownStart()));
    }

    @Example
    void anEmptyTextHasNoChunk() {
        assertThat(chunker.chunk("")).isEmpty();
    }

    @Example
    void whiteSpaceIsOneChunk() {
        assertThat(chunker.chunk(" \n\t ")).containsExactly(new Chunk(0, 0, 4, " \n\t "));
    }

    @Example
    void aTextThatFitsIsOneChunk() {
        String text = "word ".repeat(1199);

        assertThat(chunker.chunk(text)).containsExactly(new Chunk(0, 0, text.length(), text));
    }

    @Property(generation = GenerationMode.EXHAUSTIVE)
    void aLongTextOfTheSameIsCutAsWell(@ForAll("hostile") String bit) {
        assertThatChunksOf(bit.repeat((1 << 15) / bit.length())).isNotEmpty();
    }

    @Example
    void aQuarterOfAMegabyteOfOneLetterIsCutAsWell() {
        assertThatChunksOf("a".repeat(1 << 18)).hasSizeGreaterThan(25);
    }

    @Example
    void sizesThatCannotWorkAreRejected() {
        assertThatThrownBy(() -> new Chunker(31, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Chunker(100, 51)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Chunker(100, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Provide
    Arbitrary<Chunker> chunkers() {
        return Combinators.combine(small(), Arbitraries.integers().between(0, 16))
                .as(Chunker::new);
    }

    @Provide
    Arbitrary<Integer> small() {
        return Arbitraries.integers().between(32, 150);
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                TextArbitraries.strange(400),
                TextArbitraries.monotonous(),
                Arbitraries.longs().between(0, 1000).map(seed -> new Prose(seed).document(4)));
    }

    @Provide
    Arbitrary<List<String>> characters() {
        return Arbitraries.of("a", "e\u0301", "\r\n", "👍🏽", "🇩🇪", "ก", " ", "語")
                .list()
                .ofMinSize(50)
                .ofMaxSize(500);
    }

    @Provide
    Arbitrary<String> hostile() {
        return Arbitraries.of("a", "😀", "👨‍👩‍👧‍👦", "🇩🇪", "\u0301", " ", "\n", "日", "#\n", "A日", "\r\n\t");
    }

    /** Checks what holds for all chunks of a text. */
    private ListAssert<Chunk> assertThatChunksOf(String text) {
        List<Chunk> chunks = chunker.chunk(text);
        assertThat(chunks.stream().map(Chunk::ownText).collect(joining())).isEqualTo(text);
        return assertThat(chunks)
                .allSatisfy(chunk -> assertThat(JTOKKIT.countTokensOrdinary(chunk.text()))
                        .isLessThanOrEqualTo(Chunker.DEFAULT_MAX_TOKENS));
    }

    private static boolean isWithinAPair(String text, int at) {
        return at > 0 && at < text.length() && Character.isSurrogatePair(text.charAt(at - 1), text.charAt(at));
    }

    private static long changedChunks(List<Chunk> old, List<Chunk> changed) {
        var texts = old.stream().map(Chunk::text).collect(toSet());
        return changed.stream().filter(chunk -> !texts.contains(chunk.text())).count();
    }
}
