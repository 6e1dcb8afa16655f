package io.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.faults.Bag.Difference;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A bag tells which lines are not as often in another one, though it keeps none of them. */
class BagTest {

    private static Bag of(List<String> lines) {
        var bag = new Bag();
        lines.forEach(bag::add);
        return bag;
    }

    @Test
    void bagsWithTheSameLinesInAnyOrderDoNotDiffer() {
        assertThat(of(List.of("a", "b", "b", "c")).differences(of(List.of("b", "c", "a", "b"))))
                .isEmpty();
    }

    @Test
    void aLineThatIsMissingAndOneThatIsTooManyAreToldWithHowOftenTheyAreThere() {
        var differences = of(List.of("a", "b", "b", "c")).differences(of(List.of("a", "b", "c", "c", "d")));

        assertThat(differences)
                .isEqualTo(Map.of(
                        Bag.hash("b"), new Difference(2, 1),
                        Bag.hash("c"), new Difference(1, 2),
                        Bag.hash("d"), new Difference(0, 1)));
    }

    @Test
    void millionsOfLinesThatLookAlikeHaveHashesOfTheirOwn() {
        var bag = new Bag();
        for (var i = 0; i < 2_000_000; i++) {
            bag.add("Version 1 of document/" + i + ", in which Writer of document " + i + " tells of Name 1");
        }
        assertThat(bag.differences(new Bag())).hasSize(2_000_000);
    }
}
