package io.millrace.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class IdSequenceTest {

    private final IdSequence ids = new IdSequence(6);

    @Test
    void idsWithoutAHoleAreInOrder() {
        LongStream.rangeClosed(7, 20).forEach(ids::add);

        assertThat(ids)
                .extracting(IdSequence::received, IdSequence::missed, IdSequence::doubled)
                .containsExactly(14L, 0L, 0L);
    }

    @Test
    void whatIsLeftOutAndWhatComesAgainIsCounted() {
        LongStream.of(7, 10, 10, 9, 11).forEach(ids::add);

        assertThat(ids)
                .extracting(IdSequence::received, IdSequence::missed, IdSequence::doubled)
                .containsExactly(5L, 2L, 2L);
    }
}
