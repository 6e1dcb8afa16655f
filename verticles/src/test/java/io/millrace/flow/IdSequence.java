package io.millrace.flow;

/** Ids as they come, which should be each the one behind the last: counts those left out and those that came again. */
final class IdSequence {

    private final long behind;
    private long last;
    private long received;
    private long missed;
    private long doubled;

    /** @param behind the id that the first one should follow */
    IdSequence(long behind) {
        this.behind = behind;
        this.last = behind;
    }

    void add(long id) {
        received++;
        if (id <= last) {
            doubled++;
        } else {
            missed += id - last - 1;
            last = id;
        }
    }

    long behind() {
        return behind;
    }

    long last() {
        return last;
    }

    long received() {
        return received;
    }

    long missed() {
        return missed;
    }

    long doubled() {
        return doubled;
    }
}
