package io.millrace.stats;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The entities of highest degree of one partition, for the workspaces that changed last. Degrees only grow so far, so whoever
 * belongs in the list shows up in a change with its degree; nothing else has to be looked at.
 */
final class TopEntities {

    /** Entities kept for each workspace and partition; readers merge the partitions and show fewer. */
    static final int KEPT = 100;

    private static final Comparator<StatsDelta.Degree> HIGHEST_FIRST = Comparator.comparingLong(
                    StatsDelta.Degree::degree)
            .reversed()
            .thenComparing(StatsDelta.Degree::entityId, TopEntities::compareAsSql);

    /** UUIDs in PostgreSQL's order, by their bytes; Java's own compares signed halves. */
    private static int compareAsSql(UUID one, UUID other) {
        var most = Long.compareUnsigned(one.getMostSignificantBits(), other.getMostSignificantBits());
        return most != 0 ? most : Long.compareUnsigned(one.getLeastSignificantBits(), other.getLeastSignificantBits());
    }

    /** Workspaces that are remembered: whoever posts can make any number of them. */
    static final int WORKSPACES_KEPT = 64;

    /** The one that was asked for last is last. */
    private final LinkedHashMap<String, Map<UUID, StatsDelta.Degree>> byWorkspace =
            new LinkedHashMap<>(16, 0.75f, true);

    /** Those whose stored entities have to be put before they are updated; others are forgotten for them. */
    Set<String> missing(Set<String> workspaces) {
        var missing = new HashSet<String>();
        for (var workspace : workspaces) {
            if (byWorkspace.get(workspace) == null) {
                missing.add(workspace);
            }
        }
        var spare = Math.max(0, byWorkspace.size() + missing.size() - WORKSPACES_KEPT);
        List.copyOf(byWorkspace.keySet()).stream()
                .limit(spare)
                .filter(workspace -> !workspaces.contains(workspace))
                .forEach(byWorkspace::remove);
        return missing;
    }

    /** What is stored of workspaces that were missing. */
    void put(Set<String> workspaces, Iterable<StatsDelta.Degree> stored) {
        workspaces.forEach(workspace -> byWorkspace.put(workspace, new HashMap<>()));
        stored.forEach(this::put);
    }

    private void put(StatsDelta.Degree entity) {
        byWorkspace
                .computeIfAbsent(entity.workspace(), workspace -> new HashMap<>())
                .put(entity.entityId(), entity);
    }

    /** Rows to write and rows to remove, so that what is stored is the list again. */
    record Difference(Map<UUID, StatsDelta.Degree> upserts, Map<UUID, String> removals) {}

    Difference update(Iterable<StatsDelta.Degree> grown) {
        var upserts = new LinkedHashMap<UUID, StatsDelta.Degree>();
        var removals = new LinkedHashMap<UUID, String>();
        var before = new HashMap<String, Map<UUID, StatsDelta.Degree>>();
        for (var entity : grown) {
            before.computeIfAbsent(
                    entity.workspace(), workspace -> Map.copyOf(byWorkspace.getOrDefault(workspace, Map.of())));
            put(entity);
        }
        before.forEach((workspace, stored) -> {
            var kept = keepHighest(workspace);
            kept.forEach((id, entity) -> {
                if (!entity.equals(stored.get(id))) {
                    upserts.put(id, entity);
                }
            });
            stored.keySet().stream().filter(id -> !kept.containsKey(id)).forEach(id -> removals.put(id, workspace));
        });
        return new Difference(upserts, removals);
    }

    private Map<UUID, StatsDelta.Degree> keepHighest(String workspace) {
        var all = byWorkspace.getOrDefault(workspace, Map.of());
        var kept = new LinkedHashMap<UUID, StatsDelta.Degree>();
        all.values().stream().sorted(HIGHEST_FIRST).limit(KEPT).forEach(entity -> kept.put(entity.entityId(), entity));
        byWorkspace.put(workspace, kept);
        return kept;
    }
}
