package io.millrace.faults;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Messages of PostgreSQL's protocol, version 3, as far as one must read them to know which statement passes by. */
final class Wire {

    private static final int SSL_REQUEST = 80877103;
    private static final int GSS_REQUEST = 80877104;
    private static final int PROTOCOL = 3;
    private static final String APPLICATION_NAME = "application_name";
    private static final int MAX_MESSAGE = 256 << 20;
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final Pattern NUMBERS = Pattern.compile("(?<![$\\w])\\d+\\b");
    private static final Pattern NAME = Pattern.compile("\\b(?:stream|jobs|lightrag|events|faults)\\.[a-z_]+");

    private Wire() {}

    /** A message with its type and length; the first ones of a client have no type, here 0. */
    static final class Message {
        private final int type;
        private final byte[] bytes;

        private Message(int type, byte[] bytes) {
            this.type = type;
            this.bytes = bytes;
        }

        int type() {
            return type;
        }

        void writeTo(OutputStream out) throws IOException {
            out.write(bytes);
        }

        /** Whether the server answers with one byte, and the first message proper comes after that. */
        boolean asksForEncryption() {
            return type == 0
                    && bytes.length == 8
                    && isEncryption(ByteBuffer.wrap(bytes, 4, 4).getInt());
        }

        /** The startup message of a client that calls itself so; any other name that it gave itself is left out. */
        Message named(String applicationName) {
            var texts = texts(bytes.length - 8, 8);
            var startup = new ByteArrayOutputStream();
            startup.write(bytes, 4, 4);
            // The last one is empty, and ends the list.
            for (var i = 0; i + 1 < texts.size() && !texts.get(i).isEmpty(); i += 2) {
                if (!texts.get(i).equals(APPLICATION_NAME)) {
                    write(startup, texts.get(i), texts.get(i + 1));
                }
            }
            write(startup, APPLICATION_NAME, applicationName);
            startup.write(0);
            var body = startup.toByteArray();
            var all = ByteBuffer.allocate(4 + body.length);
            return new Message(0, all.putInt(4 + body.length).put(body).array());
        }

        private static void write(ByteArrayOutputStream startup, String name, String value) {
            for (var text : List.of(name, value)) {
                startup.writeBytes(text.getBytes(StandardCharsets.UTF_8));
                startup.write(0);
            }
        }

        /** Whether it begins a session, rather than asking for encryption or cancelling a statement. */
        boolean beginsSession() {
            return type == 0
                    && bytes.length >= 8
                    && ByteBuffer.wrap(bytes, 4, 2).getShort() == PROTOCOL;
        }

        private static boolean isEncryption(int code) {
            return code == SSL_REQUEST || code == GSS_REQUEST;
        }

        /** The first parameter of a Bind message, as a number; -1 when there is none or it is no int4. */
        private int firstParameter() {
            var body = ByteBuffer.wrap(bytes, 5, bytes.length - 5);
            skipText(body);
            skipText(body);
            var formats = body.getShort();
            var binary = formats > 0 && body.getShort() == 1;
            body.position(body.position() + 2 * Math.max(0, formats - 1));
            if (body.getShort() == 0 || body.getInt() != 4 || !binary) {
                return -1;
            }
            return body.getInt();
        }

        private static void skipText(ByteBuffer body) {
            while (body.get() != 0) {
                // Up to its end.
            }
        }

        /** The texts that the body begins with, each ended by a zero byte. */
        private List<String> texts(int count) {
            return texts(count, 5);
        }

        private List<String> texts(int count, int from) {
            var texts = new ArrayList<String>();
            var start = from;
            while (texts.size() < count) {
                var end = start;
                while (end < bytes.length && bytes[end] != 0) {
                    end++;
                }
                texts.add(new String(bytes, start, end - start, StandardCharsets.UTF_8));
                start = Math.min(end + 1, bytes.length);
            }
            return texts;
        }
    }

    static Message readFirst(DataInputStream in) throws IOException {
        return read(in, 0, 0, in.readInt());
    }

    /** Null at the end of the stream. */
    static @Nullable Message read(DataInputStream in) throws IOException {
        var type = in.read();
        return type < 0 ? null : read(in, type, 1, in.readInt());
    }

    private static Message read(DataInputStream in, int type, int typeBytes, int length) throws IOException {
        if (length < 4 || length > MAX_MESSAGE) {
            throw new EOFException("no message of PostgreSQL's: length " + length);
        }
        var bytes = new byte[typeBytes + length];
        var buffer = ByteBuffer.wrap(bytes);
        if (typeBytes > 0) {
            buffer.put((byte) type);
        }
        buffer.putInt(length);
        in.readFully(bytes, typeBytes + 4, length - 4);
        return new Message(type, bytes);
    }

    /**
     * What a client's messages are about: remembers which statement was prepared under which name, and, from the fence that
     * a batch's transaction begins with, whose transaction it is.
     */
    static final class Statements {
        private final Map<String, String> prepared = new HashMap<>();
        private String group = "";

        /** The label of the statement that a message runs; null when it runs none. */
        @Nullable
        String label(Message message) {
            return switch (message.type()) {
                case 'Q' -> running(NAMES.of(message.texts(1).getFirst()), message);
                case 'P' -> {
                    var nameAndSql = message.texts(2);
                    prepared.put(nameAndSql.getFirst(), NAMES.of(nameAndSql.getLast()));
                    yield null;
                }
                // Of the portal, then of the statement.
                case 'B' -> running(prepared.get(message.texts(2).getLast()), message);
                default -> null;
            };
        }

        private @Nullable String running(@Nullable String label, Message message) {
            if (label == null) {
                return null;
            }
            if (label.equals(FENCE)) {
                group = "group " + message.firstParameter() + ": ";
            } else if (label.equals("begin")) {
                group = "";
            }
            var whole = group + label;
            if (label.equals("commit") || label.equals("rollback")) {
                group = "";
            }
            return whole;
        }
    }

    /** Short names of statements, another one for each text, the same for all who ask. */
    private static final class Names {
        private final Map<String, String> byText = new HashMap<>();
        private final Map<String, Integer> texts = new HashMap<>();

        /** Two drivers write BEGIN in two ways, and a number that is no parameter makes no other statement. */
        synchronized String of(String sql) {
            var plain = BLANKS.matcher(sql.strip().toLowerCase(Locale.ROOT)).replaceAll(" ");
            return byText.computeIfAbsent(NUMBERS.matcher(plain).replaceAll("0"), this::next);
        }

        private String next(String sql) {
            var label = sql.isEmpty() ? "empty statement" : labelOf(sql);
            var number = texts.merge(label, 1, Integer::sum);
            return number == 1 ? label : label + " #" + number;
        }

        synchronized Map<String, String> texts() {
            var texts = new TreeMap<String, String>();
            byText.forEach((sql, name) -> texts.put(name, sql));
            return texts;
        }
    }

    private static final Names NAMES = new Names();

    /** First in the transaction of each batch, with the group as its first parameter. */
    private static final String FENCE = "select stream.commit_offset";

    /** The text of each statement that has gone by anywhere, by its name. */
    static Map<String, String> texts() {
        return NAMES.texts();
    }

    /** A short name for a statement: its verb, and the first thing of the service's that it names. */
    static String labelOf(String sql) {
        var text = sql.strip().toLowerCase(Locale.ROOT);
        var verb = text.split("\\W", 2)[0];
        var name = NAME.matcher(text);
        return name.find() ? verb + " " + name.group() : verb;
    }
}
