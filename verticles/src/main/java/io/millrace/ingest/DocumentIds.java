package io.millrace.ingest;

import io.millrace.pg.NameUuid;
import java.util.UUID;

/** What identifies a document: its workspace and its whole source URI. */
public final class DocumentIds {

    private static final UUID DOCUMENTS = UUID.fromString("5a0c7c3e-6d5b-5f0e-9f3b-7d1b6f0a2c01");

    private DocumentIds() {}

    public static UUID document(String workspace, String sourceUri) {
        return NameUuid.v5(DOCUMENTS, workspace, sourceUri);
    }

    /** Key of the document's records in the log; a workspace's name has no slash. */
    public static String key(String workspace, String sourceUri) {
        return workspace + "/" + sourceUri;
    }
}
