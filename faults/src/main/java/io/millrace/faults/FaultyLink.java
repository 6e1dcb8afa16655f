package io.millrace.faults;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy between one pod and PostgreSQL that delays, holds back and cuts, and that strikes exactly before or after a
 * statement of a given kind: it reads the protocol as it goes by.
 */
final class FaultyLink implements AutoCloseable {

    /** Which way bytes go. */
    enum Direction {
        TO_SERVER,
        TO_POD
    }

    /** When to strike. */
    enum Side {
        /** The statement never reaches the server. */
        BEFORE,
        /** The server has run it, and its answer never reaches the pod. */
        AFTER
    }

    /**
     * A strike at a statement that is there.
     *
     * @param act what it does, before the connection is cut; gives a proof
     * @param missed runs when the connection broke before its moment came
     */
    record Strike(Side side, Supplier<String> act, Runnable missed) {}

    /** Sees each statement come by, and decides whether to strike there. */
    interface Ambush {
        @Nullable
        Strike at(String label);
    }

    /** A strike that waits for its statement. */
    private record Trap(String label, Strike strike) {}

    private final ServerSocket listener;
    private final Supplier<Integer> serverPort;
    private final Set<Connection> open = ConcurrentHashMap.newKeySet();
    private final Map<String, AtomicLong> seen = new ConcurrentSkipListMap<>();
    private final AtomicReference<@Nullable Trap> trap = new AtomicReference<>();
    private final AtomicReference<@Nullable String> struck = new AtomicReference<>();
    private volatile Ambush ambush = label -> null;
    private final AtomicLong heldMessages = new AtomicLong();
    private final AtomicLong delayedMessages = new AtomicLong();
    private volatile String owner = "";
    private volatile @Nullable Direction held;
    private volatile Duration delay = Duration.ZERO;

    FaultyLink(Supplier<Integer> serverPort) {
        this.serverPort = serverPort;
        try {
            this.listener = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Whose connections those are that come from now on: PostgreSQL knows them by that name, whatever they say. */
    void owner(String name) {
        owner = name;
    }

    /** Statements that have gone by, by label. */
    List<String> statements() {
        return List.copyOf(seen.keySet());
    }

    /** Of each open connection that waits for answers: its port at the server, and how many requests were sent and answered. */
    List<String> unanswered() {
        return open.stream()
                .map(Connection::unanswered)
                .filter(text -> !text.isEmpty())
                .toList();
    }

    /** Has every statement looked at from now on. */
    void ambush(Ambush by) {
        ambush = by;
    }

    /** Cuts every open connection at once; gives how many. */
    int cut() {
        var connections = List.copyOf(open);
        connections.forEach(Connection::close);
        return connections.size();
    }

    /** Holds back everything in one direction, as a network does that loses packets one way. */
    void hold(Direction direction) {
        heldMessages.set(0);
        held = direction;
    }

    /** Messages that are held back or delayed. */
    long kept() {
        return heldMessages.get() + delayedMessages.get();
    }

    /** Whether a strike waits for its statement. */
    boolean isArmed() {
        return trap.get() != null;
    }

    /** Delays each message in both directions. */
    void delay(Duration time) {
        delayedMessages.set(0);
        delay = time;
    }

    /** Lets everything pass again; gives how many messages were held back or delayed. */
    long heal() {
        held = null;
        delay = Duration.ZERO;
        trap.set(null);
        ambush = label -> null;
        return heldMessages.getAndSet(0) + delayedMessages.getAndSet(0);
    }

    /** Waits for a statement of that label and strikes once; null when none came within the limit. */
    synchronized @Nullable String strike(String label, Side side, Duration limit, Supplier<String> strike) {
        struck.set(null);
        trap.set(new Trap(label, new Strike(side, strike, () -> {})));
        var waiting = Waiting.until(limit, () -> trap.get() == null);
        if (!waiting && trap.getAndSet(null) != null) {
            return null;
        }
        Waiting.until(limit, () -> struck.get() != null);
        return struck.get();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                var pod = listener.accept();
                Thread.ofVirtual().start(() -> connect(pod));
            } catch (IOException e) {
                // Closed, or a connection that was gone before it was taken.
            }
        }
    }

    private void connect(Socket pod) {
        try {
            var server = new Socket(InetAddress.ofLiteral("127.0.0.1"), serverPort.get());
            var connection = new Connection(pod, server, owner);
            open.add(connection);
            Thread.ofVirtual().start(() -> connection.run(connection::pumpToServer));
            connection.run(connection::pumpToPod);
        } catch (IOException e) {
            closeQuietly(pod);
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is of no use any more either way.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            // Nobody comes any more either way.
        }
        heal();
        cut();
    }

    @FunctionalInterface
    private interface Pump {
        void run() throws IOException;
    }

    /** One connection: two pumps, each a thread that reads a message and passes it on. */
    private final class Connection {
        private final Socket pod;
        private final Socket server;
        private final String name;
        private final Wire.Statements statements = new Wire.Statements();
        /** Requests that the server answers with ReadyForQuery: sent, and answered. */
        private final AtomicInteger sent = new AtomicInteger();

        private volatile int answered;
        /** The answer that is swallowed, and with which the trap strikes. */
        private volatile int swallowed = Integer.MAX_VALUE;

        private final AtomicReference<@Nullable Strike> sprung = new AtomicReference<>();

        Connection(Socket pod, Socket server, String name) throws IOException {
            this.pod = pod;
            this.server = server;
            this.name = name;
            pod.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        }

        String unanswered() {
            // The end of the login was no answer.
            return answered == sent.get() + 1
                    ? ""
                    : "port %d: %d sent, %d answered%s"
                            .formatted(
                                    server.getLocalPort(),
                                    sent.get(),
                                    answered - 1,
                                    sprung.get() == null ? "" : ", and one is swallowed: " + swallowed);
        }

        void run(Pump pump) {
            try {
                pump.run();
            } catch (IOException e) {
                // One end is gone, so the other goes too.
            } finally {
                close();
            }
        }

        void pumpToServer() throws IOException {
            var in = new DataInputStream(new BufferedInputStream(pod.getInputStream(), 1 << 16));
            var out = new BufferedOutputStream(server.getOutputStream(), 1 << 16);
            var first = Wire.readFirst(in);
            while (first.asksForEncryption()) {
                // Nobody here encrypts, and the harness has to read along.
                pod.getOutputStream().write('N');
                first = Wire.readFirst(in);
            }
            write(out, first.beginsSession() ? first.named(name) : first, in.available() == 0, Direction.TO_SERVER);
            for (var message = Wire.read(in); message != null; message = Wire.read(in)) {
                if (message.type() == 'Q' || message.type() == 'S') {
                    sent.incrementAndGet();
                }
                if (strikes(message)) {
                    return;
                }
                write(out, message, in.available() == 0, Direction.TO_SERVER);
            }
        }

        /** Strikes before the statement, or remembers the answer after which to strike. */
        private boolean strikes(Wire.Message message) {
            var label = statements.label(message);
            if (label == null) {
                return false;
            }
            seen.computeIfAbsent(label, first -> new AtomicLong()).incrementAndGet();
            var strike = strikeAt(label);
            if (strike == null) {
                return false;
            }
            return switch (strike.side()) {
                case BEFORE -> {
                    make(strike);
                    yield true;
                }
                case AFTER -> {
                    // A simple query was counted already; a prepared one is by the Sync that follows it.
                    swallowed = message.type() == 'Q' ? sent.get() : sent.get() + 1;
                    sprung.set(strike);
                    yield false;
                }
            };
        }

        private @Nullable Strike strikeAt(String label) {
            var armed = trap.get();
            if (armed != null && armed.label().equals(label) && trap.compareAndSet(armed, null)) {
                return armed.strike();
            }
            return sprung.get() == null ? ambush.at(label) : null;
        }

        private void make(Strike strike) {
            sprung.set(null);
            var proof = strike.act().get();
            close();
            struck.set(proof);
        }

        void pumpToPod() throws IOException {
            var in = new DataInputStream(new BufferedInputStream(server.getInputStream(), 1 << 16));
            var out = new BufferedOutputStream(pod.getOutputStream(), 1 << 16);
            for (var message = Wire.read(in); message != null; message = Wire.read(in)) {
                // The first one ends the login, and answers nothing that was sent.
                var ready = message.type() == 'Z';
                var strike = sprung.get();
                if (strike != null && answered >= swallowed) {
                    if (ready) {
                        make(strike);
                        return;
                    }
                } else {
                    write(out, message, in.available() == 0, Direction.TO_POD);
                }
                if (ready) {
                    var before = answered;
                    answered = before + 1;
                }
            }
        }

        private void write(OutputStream out, Wire.Message message, boolean last, Direction direction)
                throws IOException {
            var waits = delay;
            if (waits.isPositive()) {
                delayedMessages.incrementAndGet();
                out.flush();
                Waiting.pass(waits);
            }
            if (held == direction) {
                heldMessages.incrementAndGet();
                out.flush();
                Waiting.until(Duration.ofMinutes(5), () -> held != direction || pod.isClosed());
            }
            message.writeTo(out);
            if (last) {
                out.flush();
            }
        }

        void close() {
            open.remove(this);
            closeQuietly(pod);
            closeQuietly(server);
            var late = sprung.getAndSet(null);
            if (late != null) {
                late.missed().run();
            }
        }
    }
}
