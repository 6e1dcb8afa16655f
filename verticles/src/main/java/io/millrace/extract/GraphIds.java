package io.millrace.extract;

import io.millrace.pg.NameUuid;
import java.util.UUID;

/** Ids of entities and relationships, from their keys alone. */
public final class GraphIds {

    private static final UUID ENTITIES = UUID.fromString("5a0c7c3e-6d5b-5f0e-9f3b-7d1b6f0a2c11");
    private static final UUID RELATIONSHIPS = UUID.fromString("5a0c7c3e-6d5b-5f0e-9f3b-7d1b6f0a2c12");

    private GraphIds() {}

    /** The entity that goes by a name in a workspace, whatever its case, width, quotes and white space. */
    public static UUID entity(String workspace, String name) {
        return NameUuid.v5(ENTITIES, workspace, Integer.toString(Names.VERSION), Names.fold(name));
    }

    public static UUID relationship(UUID source, UUID target, String type) {
        return NameUuid.v5(RELATIONSHIPS, source.toString(), target.toString(), type);
    }
}
