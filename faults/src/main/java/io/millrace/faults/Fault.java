package io.millrace.faults;

import java.util.Locale;

/** The faults that the nemesis knows; README.md tells what each does and what proves it. */
enum Fault {
    KILL_POD(Sufferer.POD),
    KILL_AT_STATEMENT(Sufferer.POD),
    STOP_POD(Sufferer.POD),
    LEAVE_AND_JOIN(Sufferer.POD),
    POST_ENDLESS_LOOP(Sufferer.POD),
    CUT_AT_STATEMENT(Sufferer.GROUND),
    KILL_POSTGRES(Sufferer.GROUND),
    STOP_POSTGRES(Sufferer.GROUND),
    TERMINATE_BACKENDS(Sufferer.GROUND),
    CUT_CONNECTIONS(Sufferer.GROUND),
    HOLD_TO_SERVER(Sufferer.GROUND),
    HOLD_TO_POD(Sufferer.GROUND),
    DELAY(Sufferer.GROUND),
    EXHAUST_POOL(Sufferer.GROUND),
    POST_EVERYWHERE(Sufferer.GROUND),
    PLANT_POISON(Sufferer.GROUND),
    DATABASE_CLOCK_AHEAD(Means.FAKE_TIME),
    DATABASE_CLOCK_BACK(Means.FAKE_TIME),
    POD_CLOCK(Means.FAKE_TIME),
    SLOW_FSYNC(Means.SLOW_FSYNC),
    FILL_DATA_DISK(Means.SMALL_DISKS),
    FILL_WAL_DISK(Means.SMALL_DISKS),
    KILL_POOLER(Means.POOLER);

    /** What it takes beside a signal or a proxy. */
    enum Means {
        NONE,
        FAKE_TIME,
        SLOW_FSYNC,
        SMALL_DISKS,
        POOLER
    }

    private enum Sufferer {
        POD,
        /** What the pods stand on. */
        GROUND
    }

    private final Sufferer sufferer;
    private final Means means;

    Fault(Sufferer sufferer) {
        this.sufferer = sufferer;
        this.means = Means.NONE;
    }

    Fault(Means means) {
        this.sufferer = Sufferer.GROUND;
        this.means = means;
    }

    Means means() {
        return means;
    }

    /** Whether it is the process of a pod that suffers, rather than what the pods stand on. */
    boolean isOfProcess() {
        return sufferer == Sufferer.POD;
    }

    /** As it is written on the command line and in reports. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
