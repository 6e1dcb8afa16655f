package io.millrace.events;

import java.time.Duration;

/**
 * One client's way through the log: where it is, what it wants, and whether it keeps up. Nothing is held for it beyond
 * what its connection has taken: one that is slow falls behind and is caught up from the log; one that takes nothing for
 * too long is closed. Lives on the event loop of its {@link EventFeed}.
 */
public final class EventListener {

    /** How to write to the client. */
    public interface Connection {

        /** Whether what was written still waits to be taken. */
        boolean isFull();

        void write(EventSlice slice);

        /** Keeps the connection alive, and says up to which id, inclusive, there was nothing else to tell. */
        void beat(long upTo);

        void close(End end);
    }

    /** Why the feed ends a connection. */
    public enum End {
        /** It took nothing for too long. */
        STALLED,
        /** What it wants next has been dropped from the log. */
        GONE,
        /** The pod stops. */
        STOPPED
    }

    /** When to write although there is nothing to tell, and when to give a client up. */
    public record Patience(Duration heartbeat, Duration stall) {}

    private final EventFeed feed;
    private final EventFilter filter;
    private final Connection connection;
    private final Patience patience;
    private long position;
    private boolean reading;
    private boolean closed;
    private int quietSeconds;
    private int fullSeconds;

    EventListener(EventFeed feed, EventFilter filter, long position, Connection connection, Patience patience) {
        this.feed = feed;
        this.filter = filter;
        this.position = position;
        this.connection = connection;
        this.patience = patience;
    }

    /** Writes what there is, for as long as the connection takes it. */
    public void pump() {
        if (!connection.isFull()) {
            fullSeconds = 0;
        }
        while (!closed && !reading && !connection.isFull() && position < feed.next()) {
            if (feed.holds(position)) {
                write(feed.slice(filter, position));
            } else {
                catchUp();
            }
        }
    }

    private void write(EventSlice slice) {
        position = slice.to();
        if (!slice.events().isEmpty()) {
            quietSeconds = 0;
            connection.write(slice);
        }
    }

    private void catchUp() {
        reading = true;
        feed.load(position).onComplete(done -> {
            reading = false;
            if (done.failed() && EventFeed.isGone(done.cause())) {
                end(End.GONE);
            } else if (done.succeeded() && feed.holds(position)) {
                pump();
            }
            // Otherwise the database is away: the next second tries again.
        });
    }

    /** Once a second. */
    void second() {
        if (closed) {
            return;
        }
        if (connection.isFull()) {
            if (++fullSeconds > patience.stall().toSeconds()) {
                end(End.STALLED);
            }
            return;
        }
        pump();
        if (++quietSeconds >= patience.heartbeat().toSeconds()) {
            quietSeconds = 0;
            connection.beat(position - 1);
        }
    }

    void end(End why) {
        if (!closed) {
            leave();
            connection.close(why);
        }
    }

    /** The connection is closed: nothing more is written. */
    public void leave() {
        if (!closed) {
            closed = true;
            feed.leave(this);
        }
    }
}
