package io.millrace.web;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A connection on which any bytes can be sent, and answers are read as HTTP. */
public final class RawConnection implements AutoCloseable {

    /** An answer that takes longer hangs. */
    private static final int ANSWER_MILLIS_MAX = 20_000;

    private final Socket socket;
    private final InputStream in;
    private Thread sending = Thread.ofVirtual().start(() -> {});

    private RawConnection(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    public static RawConnection to(int port) {
        try {
            var socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(ANSWER_MILLIS_MAX);
            return new RawConnection(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What came back; header names are in lower case. */
    public record Answer(int status, Map<String, String> headers, String body) {

        /** Whether another request may follow on the connection. */
        public boolean keepsAlive() {
            return !headers.getOrDefault("connection", "").equals("close");
        }
    }

    /** Thrown when the connection ends where an answer should begin. */
    public static final class ClosedWithoutAnswer extends RuntimeException {
        ClosedWithoutAnswer(String read) {
            super("closed without an answer, after: " + read);
        }
    }

    /** Sends the bytes and reads one answer. */
    public Answer exchange(byte[] bytes) {
        send(bytes);
        return read();
    }

    /** Sends the bytes and gives all that comes back, head and body, until the connection ends. */
    public String exchangeToEnd(byte[] bytes) {
        send(bytes);
        try {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** On a thread of its own: the answer may come, and want to be read, before all has been sent. */
    void send(byte[] bytes) {
        var before = sending;
        sending = Thread.ofVirtual().start(() -> {
            try {
                before.join();
                socket.getOutputStream().write(bytes);
            } catch (IOException e) {
                // The door has heard enough.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    Answer read() {
        try {
            return answer();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The status of an answer that only says that there will be one. */
    int readInterim() {
        try {
            var status = line(false).split(" ", 3)[1];
            line(true);
            return Integer.parseInt(status);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Answer answer() throws IOException {
        var lines = line(false).split(" ", 3);
        var status = Integer.parseInt(lines[1]);
        var headers = new TreeMap<String, String>();
        for (var line = line(true); !line.isEmpty(); line = line(true)) {
            var colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        if (status == 100) {
            return answer();
        }
        var length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        var body = headers.containsKey("transfer-encoding") ? chunks() : in.readNBytes(length);
        return new Answer(status, headers, new String(body, StandardCharsets.UTF_8));
    }

    private byte[] chunks() throws IOException {
        var body = new ByteArrayOutputStream();
        for (var size = chunkSize(); size > 0; size = chunkSize()) {
            body.writeBytes(in.readNBytes(size));
            line(true);
        }
        line(true);
        return body.toByteArray();
    }

    private int chunkSize() throws IOException {
        return Integer.parseInt(line(true), 16);
    }

    private String line(boolean begun) throws IOException {
        var line = new ByteArrayOutputStream();
        for (var next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                var read = line.toString(StandardCharsets.ISO_8859_1);
                if (begun || !read.isEmpty()) {
                    throw new IOException("an answer that breaks off: " + read);
                }
                throw new ClosedWithoutAnswer(read);
            }
            line.write(next);
        }
        return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
