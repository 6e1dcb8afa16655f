package io.millrace.stream;

import io.vertx.sqlclient.SqlClient;

/**
 * Turns batches of records of one partition into effects, in two steps: {@link #load} reads what is needed, on a virtual
 * thread that may await; {@link #decide} is plain code without any I/O, on a bounded pool of platform threads and under
 * a deadline. The runner then commits the effects together with the offset.
 *
 * <p>An instance serves one partition for as long as its process owns it, and is dropped after a failed commit, so it may
 * keep what it knows in fields. A record that makes it throw is tried again a few times, alone, and then goes to the
 * topic's dead-letter topic; {@link Outage} says that the record is not to blame.
 *
 * @param <S> what {@code load} found
 */
public interface Processor<S> {

    /** Reads what {@link #decide} needs for the batch, preferably in one query. */
    S load(Batch batch, SqlClient database) throws Exception;

    /** What the batch leads to. The same batch and state give the same effects. */
    Effects decide(Batch batch, S state) throws Exception;

    /** What else is to be written when a record goes to the dead-letter topic. */
    default Effects onDeadLetter(ConsumerRecord record, String reason) {
        return Effects.none();
    }

    /** Something outside is down (an extractor, a service): the stage waits, and nothing is dead-lettered. */
    class Outage extends RuntimeException {
        public Outage(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
