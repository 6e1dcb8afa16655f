package io.millrace.web;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.ingest.Document;
import java.io.IOException;
import java.util.List;

/**
 * Turns what a sender posted into documents, or into one problem that names everything wrong with it: 400 for text that
 * is not strict UTF-8 and JSON, 422 for values that break a rule. All or nothing: one bad document refuses its array.
 */
final class DocumentParser {

    private final DocumentLimits limits;

    DocumentParser(DocumentLimits limits) {
        this.limits = limits;
    }

    /** A body that is one document or an array of them. */
    Parsed parse(byte[] body, String workspace) {
        return parse(body, (parser, source) -> switch (parser.currentToken()) {
            case START_OBJECT -> object(parser, source, workspace);
            case START_ARRAY -> array(parser, source, workspace);
            default -> notADocument(parser, "an object or an array of objects");
        });
    }

    /** One line of NDJSON that is one document. Pointers are relative to the line. */
    Parsed parseLine(byte[] line, String workspace) {
        return parse(
                line,
                (parser, source) -> parser.currentToken() == JsonToken.START_OBJECT
                        ? object(parser, source, workspace)
                        : notADocument(parser, "an object"));
    }

    private static Parsed parse(byte[] body, StrictJson.ValueReader<Parsed> reader) {
        return switch (StrictJson.read(body, reader)) {
            case StrictJson.Result.Value<Parsed>(Parsed parsed) -> parsed;
            case StrictJson.Result.Malformed<Parsed>(Problem problem) -> new Parsed.Rejected(problem);
        };
    }

    private Parsed object(JsonParser parser, char[] source, String workspace) throws IOException {
        Violations violations = new Violations();
        Document document = new DocumentReader(parser, source, workspace, limits, violations).document();
        return document == null
                ? new Parsed.Rejected(violations.toProblem())
                : new Parsed.Accepted(List.of(document), false);
    }

    private Parsed array(JsonParser parser, char[] source, String workspace) throws IOException {
        Violations violations = new Violations();
        List<Document> documents = new DocumentReader(parser, source, workspace, limits, violations).documents();
        return violations.count() > 0
                ? new Parsed.Rejected(violations.toProblem())
                : new Parsed.Accepted(documents, true);
    }

    private static Parsed notADocument(JsonParser parser, String expected) throws IOException {
        String found = DocumentReader.kind(parser.currentToken());
        parser.skipChildren();
        return new Parsed.Rejected(Problem.of(
                ProblemType.NOT_A_DOCUMENT, "The JSON text is %s; it has to be %s.".formatted(found, expected)));
    }
}
