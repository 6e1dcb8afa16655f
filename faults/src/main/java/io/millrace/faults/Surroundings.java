package io.millrace.faults;

import io.millrace.faults.Fault.Means;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a seed runs on, and which faults it can have there. What costs much or changes everything is drawn: one seed in four
 * has its data and WAL on small disks, where an fsync costs nothing; one in five has a pooler between pods and database; one
 * in five has a document that never ends, since that costs five lives of a pod.
 *
 * @param smallDisks whether data and WAL are on disks that can be filled
 * @param pooler whether PgBouncer stands between pods and PostgreSQL
 * @param faults those to choose from
 */
record Surroundings(boolean smallDisks, boolean pooler, List<Fault> faults) {

    private static final Duration SHORT_DEADLINE = Duration.ofSeconds(6);
    private static final Duration LONG_DEADLINE = Duration.ofMinutes(1);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(90);

    Surroundings {
        faults = List.copyOf(faults);
    }

    /** Drawn for one seed from all faults that the machine can have. */
    static Surroundings draw(long seed, Machine machine) {
        var random = new SplittableRandom(seed);
        var smallDisks = random.nextInt(4) == 0 && machine.mounts();
        var pooler = random.nextInt(5) == 0 && machine.pooler().isPresent();
        var endless = random.nextInt(5) == 0;
        var faults = Arrays.stream(Fault.values())
                .filter(fault -> machine.lacks(fault).isEmpty())
                .filter(fault -> fault.means() != Means.SMALL_DISKS || smallDisks)
                .filter(fault -> fault.means() != Means.POOLER || pooler)
                .filter(fault -> fault != Fault.POST_ENDLESS_LOOP || endless)
                .toList();
        return new Surroundings(smallDisks, pooler, faults);
    }

    /** For plans of their own length: everything that needs no other disk and no other deadline. */
    static Surroundings plain(Machine machine) {
        var faults = Arrays.stream(Fault.values())
                .filter(fault -> machine.lacks(fault).isEmpty())
                .filter(fault -> fault.means() != Means.SMALL_DISKS && fault.means() != Means.POOLER)
                .filter(fault -> fault != Fault.POST_ENDLESS_LOOP)
                .toList();
        return new Surroundings(false, false, faults);
    }

    /** What faults that were asked for by name need. */
    static Surroundings of(List<Fault> named, Machine machine) {
        var faults =
                named.stream().filter(fault -> machine.lacks(fault).isEmpty()).toList();
        return new Surroundings(
                faults.stream().anyMatch(fault -> fault.means() == Means.SMALL_DISKS),
                faults.stream().anyMatch(fault -> fault.means() == Means.POOLER),
                faults);
    }

    private boolean endless() {
        return faults.contains(Fault.POST_ENDLESS_LOOP);
    }

    /** How long a batch may be computed; a pod that has just started and shares its cores takes seconds for its first. */
    Duration deadline() {
        return endless() ? SHORT_DEADLINE : LONG_DEADLINE;
    }

    /** Trials of a record before it is put aside; one that never ends costs a process each, and two before them. */
    int maxAttempts() {
        return endless() ? 3 : 5;
    }

    /** How long it may take until everything posted is done, from when everything is healed. */
    Duration drainLimit() {
        return endless() ? DRAIN_LIMIT.multipliedBy(2) : DRAIN_LIMIT;
    }

    Surroundings behindPooler() {
        return new Surroundings(smallDisks, true, faults);
    }
}
