package io.millrace.faults;

import java.util.Locale;

/** The faults that the nemesis knows; README.md tells what each does and what proves it. */
enum Fault {
    KILL_POD,
    KILL_AT_STATEMENT,
    STOP_POD,
    LEAVE_AND_JOIN,
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
    PLANT_POISON;

    /** Whether it is the process of a pod that suffers, rather than what the pods stand on. */
    boolean isOfProcess() {
        return switch (this) {
            case KILL_POD, KILL_AT_STATEMENT, STOP_POD, LEAVE_AND_JOIN -> true;
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
                    PLANT_POISON -> false;
        };
    }

    /** As it is written on the command line and in reports. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
