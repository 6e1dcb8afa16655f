package io.millrace.stats;

import io.millrace.graph.GraphChange;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** What changes of the graph add to its statistics. */
public final class StatsDelta {

    /** A counter of a workspace; {@code key} is empty where the name says it all. */
    public record Counter(String workspace, String name, String key) implements Comparable<Counter> {
        @Override
        public int compareTo(Counter other) {
            var byWorkspace = workspace.compareTo(other.workspace);
            var byName = byWorkspace != 0 ? byWorkspace : name.compareTo(other.name);
            return byName != 0 ? byName : key.compareTo(other.key);
        }
    }

    /** A period that statistics of growth are kept for, in UTC. */
    enum Grain {
        MINUTE("minute", ChronoUnit.MINUTES),
        HOUR("hour", ChronoUnit.HOURS),
        DAY("day", ChronoUnit.DAYS);

        private final String label;
        private final ChronoUnit unit;

        Grain(String label, ChronoUnit unit) {
            this.label = label;
            this.unit = unit;
        }

        String label() {
            return label;
        }
    }

    record Period(String workspace, Grain grain, Instant startsAt) {}

    /** What a period gained. */
    record Gained(long entities, long relationships, long mentions) {
        Gained plus(Gained other) {
            return new Gained(
                    entities + other.entities, relationships + other.relationships, mentions + other.mentions);
        }
    }

    /** An entity whose degree grew. */
    record Degree(String workspace, UUID entityId, String name, long degree) {}

    /** Degrees below this are counted one by one. */
    private static final int EXACT_DEGREES = 16;

    private final Map<Counter, Long> counters = new TreeMap<>();
    private final Map<Period, Gained> growth = new HashMap<>();
    private final List<Degree> degrees = new ArrayList<>();

    public Map<Counter, Long> counters() {
        return counters;
    }

    Map<Period, Gained> growth() {
        return growth;
    }

    List<Degree> degrees() {
        return degrees;
    }

    /**
     * Adds a change.
     *
     * @param at when the change entered the log
     */
    public void add(GraphChange change, Instant at) {
        var workspace = change.workspace();
        var entities = 0L;
        for (var entity : change.entities()) {
            entities += entity.created() ? 1 : 0;
            add(workspace, entity);
        }
        var relationships = 0L;
        for (var relationship : change.relationships()) {
            if (relationship.created()) {
                relationships++;
                count(workspace, "relationship_type", relationship.type(), 1);
            }
        }
        count(workspace, "entities", "", entities);
        count(workspace, "relationships", "", relationships);
        count(workspace, "entity_mentions", "", change.entityMentions());
        count(workspace, "relationship_mentions", "", change.relationshipMentions());
        var gained = new Gained(entities, relationships, change.entityMentions() + change.relationshipMentions());
        for (var grain : Grain.values()) {
            growth.merge(new Period(workspace, grain, at.truncatedTo(grain.unit)), gained, Gained::plus);
        }
    }

    private void add(String workspace, GraphChange.EntityChange entity) {
        if (!entity.created()) {
            count(workspace, "entity_type", String.valueOf(entity.typeBefore()), -1);
            count(workspace, "degree", bucket(entity.degreeBefore()), -1);
        }
        count(workspace, "entity_type", entity.type(), 1);
        count(workspace, "degree", bucket(entity.degree()), 1);
        if (entity.degree() > 0) {
            degrees.add(new Degree(workspace, entity.id(), entity.name(), entity.degree()));
        }
    }

    /**
     * The lowest degree of a degree's bucket, as {@code lightrag.degree_bucket} has it: by powers of two from 16 on, since a
     * counter for each degree made reading slower as the graph grew.
     */
    static String bucket(int degree) {
        return Integer.toString(degree < EXACT_DEGREES ? degree : Integer.highestOneBit(degree));
    }

    private void count(String workspace, String name, String key, long by) {
        if (by != 0) {
            counters.merge(new Counter(workspace, name, key), by, Long::sum);
        }
    }
}
