package io.millrace.cli;

import java.io.IOException;
import java.io.Writer;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An exported graph as <a href="http://graphml.graphdrawing.org/specification.html">GraphML</a>. An edge may name an entity
 * that is still on its way into the graph; it then gets a node of its own without data, since readers refuse loose ends.
 */
final class GraphMl extends GraphSink {

    private static final String HEAD = """
            <?xml version="1.0" encoding="UTF-8"?>
            <graphml xmlns="http://graphml.graphdrawing.org/xmlns">
            <key id="name" for="node" attr.name="name" attr.type="string"/>
            <key id="entity_type" for="node" attr.name="entity_type" attr.type="string"/>
            <key id="relationship_type" for="edge" attr.name="relationship_type" attr.type="string"/>
            <key id="description" for="all" attr.name="description" attr.type="string"/>
            <key id="confidence" for="all" attr.name="confidence" attr.type="double"/>
            <key id="mentions" for="all" attr.name="mentions" attr.type="long"/>
            <graph edgedefault="directed">
            """;

    private static final String TAIL = "</graph>\n</graphml>\n";

    private final XmlText xml;

    /** Ends without a row of their own: those whose mention is in flight, never many. */
    private final Set<String> looseEnds = new HashSet<>();

    GraphMl(Writer out, boolean asciiOnly) {
        super(out);
        this.xml = new XmlText(asciiOnly);
    }

    @Override
    void begin() throws IOException {
        out.write(HEAD);
    }

    @Override
    void entity(String json, Exported entity) throws IOException {
        out.write("<node id=\"" + escaped(entity.id()) + "\">");
        data("name", entity.name());
        data("entity_type", entity.entityType());
        common(entity);
        out.write("</node>\n");
    }

    @Override
    void relationship(String json, Exported relationship) throws IOException {
        nodeFor(relationship.sourceEntityId(), relationship.sourceName());
        nodeFor(relationship.targetEntityId(), relationship.targetName());
        out.write("<edge id=\"%s\" source=\"%s\" target=\"%s\">"
                .formatted(
                        escaped(relationship.id()),
                        escaped(relationship.sourceEntityId()),
                        escaped(relationship.targetEntityId())));
        data("relationship_type", relationship.relationshipType());
        common(relationship);
        out.write("</edge>\n");
    }

    private void nodeFor(@Nullable String id, @Nullable String name) throws IOException {
        if (id != null && name == null && looseEnds.add(id)) {
            out.write("<node id=\"" + escaped(id) + "\"/>\n");
        }
    }

    private void common(Exported exported) throws IOException {
        data("description", exported.description());
        data("confidence", String.format(Locale.ROOT, "%.2f", exported.confidence()));
        data("mentions", Long.toString(exported.mentions()));
    }

    private void data(String key, @Nullable String value) throws IOException {
        if (value != null) {
            out.write("<data key=\"" + key + "\">" + escaped(value) + "</data>");
        }
    }

    private String escaped(@Nullable String text) {
        return text == null ? "" : xml.escaped(text);
    }

    @Override
    void end() throws IOException {
        out.write(TAIL);
    }

    @Override
    String summary() {
        return xml.replaced() == 0
                ? super.summary()
                : "%s; %s that XML cannot hold stand as U+FFFD"
                        .formatted(super.summary(), Format.count(xml.replaced(), "character"));
    }
}
