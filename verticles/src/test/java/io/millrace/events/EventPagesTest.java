package io.millrace.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class EventPagesTest {

    private static final EventFilter ALL = new EventFilter("w", Set.of());

    private static List<Event> events(long from, long to) {
        return LongStream.range(from, to).mapToObj(EventPagesTest::event).toList();
    }

    private static Event event(long id) {
        return new Event(id, id % 2 == 0 ? "job.completed" : "document.changed", id % 3 == 0 ? "other" : "w", "{}");
    }

    @Test
    void aSliceReachesOverPagesThatFollowOneAnother() {
        var pages = new EventPages(1 << 20);
        pages.add(events(0, 5));
        pages.add(events(5, 9));
        pages.add(events(10, 12));

        var slice = pages.slice(ALL, 1);

        assertThat(slice.to()).isEqualTo(9);
        assertThat(slice.events()).extracting(Event::id).containsExactly(1L, 2L, 4L, 5L, 7L, 8L);
    }

    @Test
    void whatDoesNotPassIsPassedOver() {
        var pages = new EventPages(1 << 20);
        pages.add(events(0, 10));

        var slice = pages.slice(new EventFilter("w", EnumSet.of(EventKind.JOB_COMPLETED)), 0);

        assertThat(slice.events()).extracting(Event::id).containsExactly(2L, 4L, 8L);
        assertThat(slice.to()).isEqualTo(10);
    }

    @Test
    void aHoleBetweenEventsIsAnError() {
        var pages = new EventPages(1 << 20);

        assertThatThrownBy(() -> pages.add(List.of(event(1), event(3)))).isInstanceOf(IllegalStateException.class);
    }

    /** Whatever was read in whatever order, with whatever room: what the pages hold is right, and never twice. */
    @Property(tries = 300)
    void pagesNeverOverlapAndNeverLie(
            @ForAll @Size(min = 1, max = 40) List<@IntRange(min = 0, max = 60) Integer> offsets,
            @ForAll @IntRange(min = 1, max = 12) int length,
            @ForAll @IntRange(min = 8, max = 100) int room) {
        var pages = new EventPages(room);
        for (var offset : offsets) {
            pages.add(events(offset, offset + length));
            assertThat(pages.holds(offset)).isTrue();
            var slice = pages.slice(ALL, offset);
            assertThat(slice.to()).isGreaterThan(offset);
            assertThat(slice.events())
                    .extracting(Event::id)
                    .containsExactlyElementsOf(LongStream.range(offset, slice.to())
                            .filter(id -> id % 3 != 0)
                            .boxed()
                            .toList());
            assertThat(pages.characters()).isLessThanOrEqualTo(Math.max(room, 2L * length));
        }
    }
}
