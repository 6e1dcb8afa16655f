package io.millrace.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MentionTest {
    @ParameterizedTest
    @CsvSource({"0,0", "3,2", "-1,0", "0,-1", "-2,-1"})
    void refusesASpanThatIsNone(int start, int end) {
        assertThatIllegalArgumentException().isThrownBy(() -> new EntityMention("A", "T", null, start, end, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RelationshipMention("A", "B", "T", null, start, end, 1));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 100.1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesAConfidenceThatIsNone(double confidence) {
        assertThatIllegalArgumentException().isThrownBy(() -> new EntityMention("A", "T", null, 0, 1, confidence));
    }

    @Test
    void refusesABlankName() {
        assertThatIllegalArgumentException().isThrownBy(() -> new EntityMention(" ", "T", null, 0, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new RelationshipMention("A", "", "T", null, 0, 1, 1));
    }

    @Test
    void anExtractionKeepsItsOwnLists() {
        var entities = new ArrayList<EntityMention>();
        var extraction = new Extraction(entities, new ArrayList<>());
        entities.add(new EntityMention("A", "T", null, -1, -1, 100));

        assertThat(extraction).isEqualTo(Extraction.EMPTY);
    }
}
