package io.millrace.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopEntitiesTest {

    private final TopEntities top = new TopEntities();

    private static StatsDelta.Degree entity(String workspace, long degree) {
        return new StatsDelta.Degree(workspace, UUID.randomUUID(), "Name", degree);
    }

    private static Set<String> workspaces(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "w" + i).collect(Collectors.toSet());
    }

    private void know(Set<String> workspaces) {
        top.put(top.missing(workspaces), List.of());
    }

    @Test
    void whoWasNotAskedForForLongestIsForgotten() {
        know(workspaces(0, TopEntities.WORKSPACES_KEPT));
        know(Set.of("w0"));
        know(Set.of("new"));

        assertThat(top.missing(Set.of("w0", "new"))).isEmpty();
        assertThat(top.missing(workspaces(0, TopEntities.WORKSPACES_KEPT))).hasSize(1);
    }

    @Test
    void allThatABatchNeedsAreKept() {
        var many = workspaces(0, 2 * TopEntities.WORKSPACES_KEPT);
        know(many);

        assertThat(top.missing(many)).isEmpty();
    }

    @Test
    void whatWasStoredIsThereAgainAndIsNotWrittenAgain() {
        var stored = IntStream.range(0, TopEntities.KEPT)
                .mapToObj(i -> entity("w", 10 + i))
                .toList();
        top.put(top.missing(Set.of("w")), stored);
        var grown = entity("w", 50);

        var difference = top.update(List.of(grown));

        assertThat(difference.upserts().values()).containsExactly(grown);
        assertThat(difference.removals()).containsOnlyKeys(stored.getFirst().entityId());
    }
}
