package io.millrace.faults;

import java.util.Locale;

/** The faults that the nemesis knows; README.md tells what each does and what proves it. */
enum Fault {
    KILL_POD,
    KILL_AT_STATEMENT,
    STOP_POD,
    LEAVE_AND_JOIN,
    POST_ENDLESS_LOOP,
    CUT_AT_STATEMENT,
    KILL_POSTGRES,
    STOP_POSTGRES,
    TERMINATE_BACKENDS,
    CUT_CONNECTIONS,
    HOLD_TO_SERVER,
    HOLD_TO_POD,
    DELAY,
    EXHAUST_POOL,
    POST_EVERYWHERE,
    PLANT_POISON,
    DATABASE_CLOCK_AHEAD,
    DATABASE_CLOCK_BACK,
    POD_CLOCK,
    SLOW_FSYNC,
    FILL_DATA_DISK,
    FILL_WAL_DISK,
    KILL_POOLER;

    /** What it takes beside a signal or a proxy. */
    enum Means {
        NONE,
        FAKE_TIME,
        SLOW_FSYNC,
        SMALL_DISKS,
        POOLER
    }

    Means means() {
        return switch (this) {
            case DATABASE_CLOCK_AHEAD, DATABASE_CLOCK_BACK, POD_CLOCK -> Means.FAKE_TIME;
            case SLOW_FSYNC -> Means.SLOW_FSYNC;
            case FILL_DATA_DISK, FILL_WAL_DISK -> Means.SMALL_DISKS;
            case KILL_POOLER -> Means.POOLER;
            case KILL_POD,
                    KILL_AT_STATEMENT,
                    STOP_POD,
                    LEAVE_AND_JOIN,
                    POST_ENDLESS_LOOP,
                    CUT_AT_STATEMENT,
                    KILL_POSTGRES,
                    STOP_POSTGRES,
                    TERMINATE_BACKENDS,
                    CUT_CONNECTIONS,
                    HOLD_TO_SERVER,
                    HOLD_TO_POD,
                    DELAY,
                    EXHAUST_POOL,
                    POST_EVERYWHERE,
                    PLANT_POISON -> Means.NONE;
        };
    }

    /** Whether it is the process of a pod that suffers, rather than what the pods stand on. */
    boolean isOfProcess() {
        return switch (this) {
            case KILL_POD, KILL_AT_STATEMENT, STOP_POD, LEAVE_AND_JOIN, POST_ENDLESS_LOOP -> true;
            case CUT_AT_STATEMENT,
                    KILL_POSTGRES,
                    STOP_POSTGRES,
                    TERMINATE_BACKENDS,
                    CUT_CONNECTIONS,
                    HOLD_TO_SERVER,
                    HOLD_TO_POD,
                    DELAY,
                    EXHAUST_POOL,
                    POST_EVERYWHERE,
                    PLANT_POISON,
                    DATABASE_CLOCK_AHEAD,
                    DATABASE_CLOCK_BACK,
                    POD_CLOCK,
                    SLOW_FSYNC,
                    FILL_DATA_DISK,
                    FILL_WAL_DISK,
                    KILL_POOLER -> false;
        };
    }

    /** As it is written on the command line and in reports. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
