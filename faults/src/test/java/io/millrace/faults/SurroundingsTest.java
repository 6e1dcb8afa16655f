package io.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.faults.Fault.Means;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Each seed has what its faults need, and no fault is left out without a word. */
class SurroundingsTest {

    private static final Optional<Path> THERE = Optional.of(Path.of("/there"));
    private static final Machine WHOLE = new Machine(THERE, THERE, THERE, true);

    @Test
    void tenSeedsHaveEveryFaultBetweenThem() {
        var faults = LongStream.rangeClosed(1, 10)
                .mapToObj(seed -> Surroundings.draw(seed, WHOLE))
                .flatMap(surroundings -> surroundings.faults().stream())
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Fault.class)));

        assertThat(faults).isEqualTo(EnumSet.allOf(Fault.class));
    }

    @Test
    void aMachineWithoutMeansSaysOfEachFaultThatItLacks() {
        var drawn = LongStream.rangeClosed(1, 10)
                .mapToObj(seed -> Surroundings.draw(seed, Machine.BARE))
                .toList();

        assertThat(drawn).noneMatch(Surroundings::smallDisks).noneMatch(Surroundings::pooler);
        for (var fault : Fault.values()) {
            var left = drawn.stream()
                    .noneMatch(surroundings -> surroundings.faults().contains(fault));
            assertThat(Machine.BARE.lacks(fault).isPresent())
                    .as(fault.label())
                    .isEqualTo(fault.means() != Means.NONE)
                    .isEqualTo(left);
        }
    }

    @Test
    void faultsThatWereNamedHaveWhatTheyNeed() {
        var surroundings = Surroundings.of(List.of(Fault.FILL_WAL_DISK, Fault.KILL_POOLER), WHOLE);

        assertThat(surroundings.smallDisks()).isTrue();
        assertThat(surroundings.pooler()).isTrue();
        assertThat(Set.copyOf(surroundings.faults())).containsExactlyInAnyOrder(Fault.FILL_WAL_DISK, Fault.KILL_POOLER);
        assertThat(Surroundings.of(List.of(Fault.KILL_POD), WHOLE).smallDisks()).isFalse();
    }
}
