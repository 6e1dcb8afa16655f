package io.millrace.web;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.ingest.ContentType;
import io.millrace.ingest.Document;
import io.millrace.ingest.SuppliedEntity;
import io.millrace.ingest.SuppliedRelationship;
import io.millrace.web.Violation.Code;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the documents of one body off a parser, and notes each rule that they break, to the end of the body: whoever
 * wrote it learns everything at once, and text that is not even JSON is found wherever it stands.
 *
 * <p>Values are never converted, cut or left out. Lengths in characters mean Unicode code points.
 */
final class DocumentReader {

    private static final int EXTRACTION_ITEMS_MAX = 10_000;
    private static final int METADATA_BYTES_MAX = 64 << 10;

    /** What PostgreSQL's numeric holds behind the point; before it, a double's range is the narrower one. */
    private static final int NUMBER_SCALE_MAX = 16_383;

    private static final TextRule SOURCE_URI = new TextRule(2_048, true, true);
    private static final TextRule JOB_TYPE = new TextRule(50, true, true);
    private static final TextRule ENTITY_NAME = new TextRule(500, true, false);
    private static final TextRule TYPE = new TextRule(100, true, true);
    private static final TextRule DESCRIPTION = new TextRule(10_000, false, false);

    /**
     * @param filled whether a blank text is refused
     * @param oneLine whether control characters are refused, because the text reaches headers, logs or labels
     */
    private record TextRule(int codePointsMax, boolean filled, boolean oneLine) {}

    private final JsonParser parser;
    private final char[] source;
    private final String workspace;
    private final DocumentLimits limits;
    private final Violations violations;

    DocumentReader(JsonParser parser, char[] source, String workspace, DocumentLimits limits, Violations violations) {
        this.parser = parser;
        this.source = source;
        this.workspace = workspace;
        this.limits = limits;
        this.violations = violations;
    }

    /** From the start of an array to its end. */
    List<Document> documents() throws IOException {
        List<Document> documents = items(limits.documentsMax(), this::document);
        if (documents.isEmpty() && violations.count() == 0) {
            violate(Code.EMPTY, "The array has no document.");
        }
        return documents;
    }

    /** From the first token of a value to its last; null when the value breaks a rule. */
    @Nullable
    Document document() throws IOException {
        if (!startsObject()) {
            return null;
        }
        int violationsBefore = violations.count();
        String sourceUri = null;
        String content = null;
        ContentType contentType = ContentType.PLAIN;
        String jobType = Document.DEFAULT_JOB_TYPE;
        String metadata = null;
        List<SuppliedEntity> entities = null;
        List<SuppliedRelationship> relationships = null;
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            parser.nextToken();
            switch (field) {
                case "source_uri" -> sourceUri = text(SOURCE_URI);
                case "content" -> content = content();
                case "content_type" -> contentType = contentType();
                case "job_type" -> jobType = text(JOB_TYPE);
                case "metadata" -> metadata = metadata();
                case "entities" -> entities = items(EXTRACTION_ITEMS_MAX, this::entity);
                case "relationships" -> relationships = items(EXTRACTION_ITEMS_MAX, this::relationship);
                default -> unknownField(field);
            }
        }
        Document document = new Document(
                workspace,
                required("source_uri", sourceUri),
                required("content", content),
                contentType,
                jobType,
                metadata,
                entities == null ? List.of() : entities,
                relationships == null ? List.of() : relationships,
                entities != null || relationships != null);
        return violations.count() > violationsBefore ? null : document;
    }

    private @Nullable SuppliedEntity entity() throws IOException {
        if (!startsObject()) {
            return null;
        }
        String name = null;
        String type = null;
        String description = null;
        Double confidence = null;
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            parser.nextToken();
            switch (field) {
                case "name" -> name = text(ENTITY_NAME);
                case "type" -> type = text(TYPE);
                case "description" -> description = text(DESCRIPTION);
                case "confidence" -> confidence = confidence();
                default -> unknownField(field);
            }
        }
        return new SuppliedEntity(required("name", name), required("type", type), description, confidence);
    }

    private @Nullable SuppliedRelationship relationship() throws IOException {
        if (!startsObject()) {
            return null;
        }
        String from = null;
        String to = null;
        String type = null;
        String description = null;
        Double confidence = null;
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            parser.nextToken();
            switch (field) {
                case "source" -> from = text(ENTITY_NAME);
                case "target" -> to = text(ENTITY_NAME);
                case "type" -> type = text(TYPE);
                case "description" -> description = text(DESCRIPTION);
                case "confidence" -> confidence = confidence();
                default -> unknownField(field);
            }
        }
        return new SuppliedRelationship(
                required("source", from), required("target", to), required("type", type), description, confidence);
    }

    @FunctionalInterface
    private interface ItemReader<T> {
        @Nullable
        T read() throws IOException;
    }

    /** The items of an array that are of the right type. */
    private <T> List<T> items(int itemsMax, ItemReader<T> reader) throws IOException {
        if (!starts(JsonToken.START_ARRAY)) {
            return List.of();
        }
        List<T> items = new ArrayList<>();
        int count = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (++count > itemsMax) {
                parser.skipChildren();
                continue;
            }
            T item = reader.read();
            if (item != null) {
                items.add(item);
            }
        }
        if (count > itemsMax) {
            violate(Code.TOO_MANY, "%,d items, at most %,d are taken.", count, itemsMax);
        }
        return items;
    }

    private String content() throws IOException {
        if (!starts(JsonToken.VALUE_STRING)) {
            return "";
        }
        String text = parser.getText();
        Text.Facts facts = Text.facts(text);
        storable(facts);
        if (facts.blank()) {
            violate(Code.BLANK, "The content is blank: there is nothing to extract from it.");
        }
        if (facts.utf8Bytes() > limits.contentBytesMax()) {
            violate(
                    Code.TOO_LONG,
                    "%,d bytes in UTF-8, at most %,d are taken.",
                    facts.utf8Bytes(),
                    limits.contentBytesMax());
        }
        return text;
    }

    private ContentType contentType() throws IOException {
        if (!starts(JsonToken.VALUE_STRING)) {
            return ContentType.PLAIN;
        }
        ContentType type = ContentType.of(parser.getText()).orElse(null);
        if (type == null) {
            violate(Code.UNKNOWN_VALUE, "It has to be text/plain, text/markdown or text/html, without parameters.");
            return ContentType.PLAIN;
        }
        return type;
    }

    private String text(TextRule rule) throws IOException {
        if (!starts(JsonToken.VALUE_STRING)) {
            return "";
        }
        String text = parser.getText();
        Text.Facts facts = Text.facts(text);
        storable(facts);
        if (rule.filled() && facts.blank()) {
            violate(Code.BLANK, "It must not be blank.");
        }
        if (facts.codePoints() > rule.codePointsMax()) {
            violate(Code.TOO_LONG, "%,d characters, at most %,d are taken.", facts.codePoints(), rule.codePointsMax());
        }
        if (rule.oneLine() && facts.controlAt() >= 0) {
            violate(
                    Code.CONTROL_CHARACTER,
                    "It must not hold control characters such as line breaks: U+%04X at index %d.",
                    (int) text.charAt(facts.controlAt()),
                    facts.controlAt());
        }
        return text;
    }

    private @Nullable Double confidence() throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
                && parser.currentToken() != JsonToken.VALUE_NUMBER_FLOAT) {
            wrongType("a number");
            return null;
        }
        double confidence = Double.parseDouble(parser.getText());
        if (!(confidence >= 0 && confidence <= 100)) {
            violate(Code.OUT_OF_RANGE, "A confidence is from 0 to 100.");
        }
        // -0 is 0 here, or else two equal extractions would have two fingerprints.
        return confidence + 0.0;
    }

    /** The object's own text, since a tree would change its numbers: jsonb keeps their digits. */
    private @Nullable String metadata() throws IOException {
        if (!startsObject()) {
            return null;
        }
        int start = Math.toIntExact(parser.currentTokenLocation().getCharOffset());
        for (int depth = 1; depth > 0; ) {
            switch (parser.nextToken()) {
                case START_OBJECT, START_ARRAY -> depth++;
                case END_OBJECT, END_ARRAY -> depth--;
                case FIELD_NAME -> storable(Text.facts(parser.currentName()));
                case VALUE_STRING -> storable(Text.facts(parser.getText()));
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> metadataNumber(parser.getText());
                case VALUE_TRUE, VALUE_FALSE, VALUE_NULL -> {}
                case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                    throw new IllegalStateException("no token of a JSON text in memory");
            }
        }
        int end = Math.toIntExact(parser.currentLocation().getCharOffset());
        String text = new String(source, start, end - start);
        long bytes = Text.facts(text).utf8Bytes();
        if (bytes > METADATA_BYTES_MAX) {
            violate(Code.TOO_LONG, "%,d bytes in UTF-8, at most %,d are taken.", bytes, METADATA_BYTES_MAX);
        }
        return text;
    }

    private void metadataNumber(String number) {
        if (!Double.isFinite(Double.parseDouble(number))) {
            violate(Code.OUT_OF_RANGE, "The number is too large for a double.");
        } else if (!fitsNumeric(number)) {
            violate(Code.OUT_OF_RANGE, "The number has more than %,d decimal places.", NUMBER_SCALE_MAX);
        }
    }

    /** Whether PostgreSQL takes the finite number into a jsonb, which keeps each decimal place, zeros as well. */
    private static boolean fitsNumeric(String number) {
        int e = Math.max(number.indexOf('e'), number.indexOf('E'));
        if (e < 0) {
            return true;
        }
        String exponent = number.substring(e + 1);
        // The exponent may itself have hundreds of digits; leading zeros that make it long are not worth a case.
        if (exponent.length() > 7) {
            return false;
        }
        int point = number.indexOf('.');
        int fraction = point < 0 ? 0 : e - point - 1;
        int power = Integer.parseInt(exponent);
        return Math.abs(power) <= NUMBER_SCALE_MAX && fraction - power <= NUMBER_SCALE_MAX;
    }

    private void storable(Text.Facts facts) {
        if (facts.nulAt() >= 0) {
            violate(Code.NUL, "It must not hold NUL (\\u0000): index %d.", facts.nulAt());
        }
        if (facts.loneSurrogateAt() >= 0) {
            violate(
                    Code.LONE_SURROGATE,
                    "It must not hold half of a surrogate pair, which is no character: index %d.",
                    facts.loneSurrogateAt());
        }
    }

    private boolean startsObject() throws IOException {
        return starts(JsonToken.START_OBJECT);
    }

    private boolean starts(JsonToken expected) throws IOException {
        if (parser.currentToken() == expected) {
            return true;
        }
        wrongType(kind(expected));
        return false;
    }

    private void wrongType(String expected) throws IOException {
        boolean isNull = parser.currentToken() == JsonToken.VALUE_NULL;
        violate(
                Code.WRONG_TYPE,
                "%s where %s belongs.%s",
                capitalised(kind(parser.currentToken())),
                expected,
                isNull ? " Leave the field out when it has no value." : "");
        parser.skipChildren();
    }

    private void unknownField(String field) throws IOException {
        violate(Code.UNKNOWN_FIELD, "There is no field %s here.", Text.shortened(field, 100));
        parser.skipChildren();
    }

    private String required(String field, @Nullable String value) {
        if (value == null) {
            violations.addMissing(parser.getParsingContext(), field);
            return "";
        }
        return value;
    }

    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency of the product
    private void violate(Code code, String detail, Object... arguments) {
        violations.add(parser.getParsingContext(), code, detail, arguments);
    }

    static String kind(JsonToken token) {
        return switch (token) {
            case START_OBJECT, END_OBJECT, FIELD_NAME -> "an object";
            case START_ARRAY, END_ARRAY -> "an array";
            case VALUE_STRING -> "a string";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
            case VALUE_TRUE, VALUE_FALSE -> "a boolean";
            case VALUE_NULL -> "null";
            case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT -> "nothing";
        };
    }

    private static String capitalised(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
