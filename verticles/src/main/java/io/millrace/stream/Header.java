package io.millrace.stream;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** A named value that travels with a record. */
public record Header(String name, @Nullable Buffer value) {

    /**
     * Says that what the record leads to may be there already, in part or whole: whoever reads it has to look before it
     * writes. A record that is sent again after its first form failed carries it.
     */
    public static final Header AGAIN = new Header("millrace-again", null);

    static final String LOADS = "millrace-loads";

    /**
     * Says how many bytes whoever works on the record reads besides it, where that is much: a batch holds no more of them than
     * of the log's own.
     */
    public static Header loads(int bytes) {
        return new Header(LOADS, Buffer.buffer(Integer.toString(bytes)));
    }
}
