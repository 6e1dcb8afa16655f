package io.millrace.cli;

import java.io.IOException;
import java.io.Writer;

/** An exported graph as the server's own lines. */
final class NdjsonGraph extends GraphSink {

    private final boolean asciiOnly;

    NdjsonGraph(Writer out, boolean asciiOnly) {
        super(out);
        this.asciiOnly = asciiOnly;
    }

    @Override
    void entity(String json, Exported entity) throws IOException {
        write(json);
    }

    @Override
    void relationship(String json, Exported relationship) throws IOException {
        write(json);
    }

    @Override
    void last(String json) throws IOException {
        write(json);
    }

    private void write(String json) throws IOException {
        out.write(asciiOnly ? Json.lines(json, null, true).getFirst() : json);
        out.write('\n');
    }
}
