package io.millrace.web;

import io.millrace.ingest.Document;
import java.util.List;

/** What came of a body or a line: documents that keep every rule, or one problem that names every broken rule. */
sealed interface Parsed {

    /**
     * What can be ingested as it is.
     *
     * @param documents in the sender's order, at least one
     * @param array whether they came as an array, so that the answer is one too
     */
    record Accepted(List<Document> documents, boolean array) implements Parsed {
        public Accepted {
            documents = List.copyOf(documents);
        }
    }

    record Rejected(Problem problem) implements Parsed {}
}
