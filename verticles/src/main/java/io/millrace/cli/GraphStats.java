package io.millrace.cli;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The statistics as the server shows them. */
record GraphStats(
        @Nullable String workspace,
        long entityCount,
        long relationshipCount,
        @Nullable String lastUpdated,
        long entityMentions,
        long relationshipMentions,
        Map<String, Long> entityTypes,
        Map<String, Long> relationshipTypes,
        List<TopEntity> topEntities,
        Map<String, Long> jobs,
        List<StageLag> stages) {

    record TopEntity(String name, long degree) {}

    record StageLag(String group, String topic, long lag) {}

    GraphStats(
            @Nullable String workspace,
            long entityCount,
            long relationshipCount,
            @Nullable String lastUpdated,
            long entityMentions,
            long relationshipMentions,
            @Nullable Map<String, Long> entityTypes,
            @Nullable Map<String, Long> relationshipTypes,
            @Nullable List<TopEntity> topEntities,
            @Nullable Map<String, Long> jobs,
            @Nullable List<StageLag> stages) {
        this.workspace = workspace;
        this.entityCount = entityCount;
        this.relationshipCount = relationshipCount;
        this.lastUpdated = lastUpdated;
        this.entityMentions = entityMentions;
        this.relationshipMentions = relationshipMentions;
        this.entityTypes = entityTypes == null ? Map.of() : Map.copyOf(entityTypes);
        this.relationshipTypes = relationshipTypes == null ? Map.of() : Map.copyOf(relationshipTypes);
        this.topEntities = topEntities == null ? List.of() : List.copyOf(topEntities);
        this.jobs = jobs == null ? Map.of() : Map.copyOf(jobs);
        this.stages = stages == null ? List.of() : List.copyOf(stages);
    }

    long jobs(String status) {
        return jobs.getOrDefault(status, 0L);
    }
}
